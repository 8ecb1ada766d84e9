//! A forecaster with a head that classifies windows of some columns.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use market::Seed;
use networks::{EpochReport, StopReason};
use serde::{Deserialize, Serialize};
use tirex::Tirex;
use tirex::fine_tuning::{Epoch, Head, Heard, Labelled, Training, TuningData, Windows, pooled_width, tune};

use crate::error::{FitError, LoadError, PredictError};
use crate::forecaster_weights::{ForecasterWeights, open_forecaster};
use crate::kept_vectors::{KeptVectors, vectors_of, window_key};
use crate::rows::{FeatureView, LabelledRows, TrainingSet};
use crate::spec::FitProgress;

pub(crate) const HEAD_FILE: &str = "head.safetensors";
pub(crate) const BLOCKS_FILE: &str = "blocks.safetensors";
/// Fewer rows than this teach a head nothing.
const MINIMUM_ROWS: usize = 100;
/// No forecaster looks back over more rows.
const MAXIMUM_WINDOW: usize = 1 << 16;

/// A forecaster's head, and how it is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TirexSpec {
    /// Weights of the forecaster, `model.ckpt` or safetensors; the built-in small model without.
    pub weights: Option<PathBuf>,
    /// Of each column that it looks at, whether its values say something, as those of a volatility do, and not only their
    /// changes, as with a price.
    pub levels: Vec<bool>,
    /// Rows in a window.
    pub window: usize,
    /// Learn from every n-th row only; neighbours share almost all of their windows.
    pub row_stride: usize,
    /// Width of the head's hidden layer; 0 for a linear head.
    pub hidden_size: usize,
    /// How the head is trained on what the forecaster makes of the windows.
    pub head: Training,
    /// Blocks, from the last one on, that learn together with the head afterwards; 0 leaves the forecaster as it is.
    pub tuned_blocks: usize,
    /// How those are trained.
    pub tuning: Training,
    /// Where what the forecaster made of windows is kept; nowhere without.
    pub cache: Option<PathBuf>,
}

/// Which forecaster a head belongs to: part of the bundle's manifest. Its weights are not in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TirexDescription {
    /// SHA-256 of the weights' file.
    pub weights_sha256: String,
    /// Of each column, whether its values say something and not only their changes.
    pub levels: Vec<bool>,
    /// Blocks that learnt together with the head; their weights are in the bundle.
    pub tuned_blocks: usize,
}

/// A forecaster and what became of it.
#[derive(Debug)]
pub(crate) struct TirexModel {
    description: TirexDescription,
    /// With its changed blocks, where some learnt.
    forecaster: Tirex,
    changed: Option<Vec<u8>>,
    head: Head,
    pub(crate) window: usize,
    pub(crate) n_features: usize,
    embeddings: Option<Arc<Mutex<KeptVectors>>>,
}

pub(crate) fn fit(
    spec: &TirexSpec,
    data: &TrainingSet<'_>,
    seed: Seed,
    progress: &dyn FitProgress,
) -> Result<(TirexModel, Vec<EpochReport>, StopReason), FitError> {
    let (forecaster, weights_sha256) = open_forecaster(spec.weights.as_deref())?;
    let n_features = data.n_features;
    let embeddings = spec.cache.as_ref().map(|root| {
        let recipe = format!("{}\n{:?}\n{weights_sha256}", Tirex::pooling_recipe(), spec.levels);
        KeptVectors::shared(root, &recipe, pooled_width(forecaster.config(), n_features))
    });
    let series = Series::of(data.values, n_features);
    let variates = series.variates();
    let learnt = data.train.every(spec.row_stride);
    check(spec, &forecaster, learnt.ends.len())?;
    let mut heard = Hears { progress, epochs: Vec::new(), cancelled: false };
    let windows = [learnt.ends.as_slice(), data.validation.ends]
        .map(|ends| Windows::new(&variates, &spec.levels, spec.window, ends));
    let [train_windows, validation_windows] = windows;
    let (train_windows, validation_windows) = (train_windows?, validation_windows?);
    let total = (train_windows.len() + validation_windows.len()) as u64;
    let mut before = 0;
    let mut vectors = Vec::new();
    for windows in [&train_windows, &validation_windows] {
        let found = pooled(&forecaster, embeddings.as_deref(), windows, &mut |done| {
            progress.step(before + done as u64, total, "windows");
            !progress.is_cancelled()
        })?;
        vectors.push(found.ok_or(FitError::Stopped)?);
        before += windows.len() as u64;
    }
    let train = Labelled { inputs: &vectors[0][..], classes: &learnt.classes };
    let validation = Labelled { inputs: &vectors[1][..], classes: data.validation.classes };
    let n_classes = data.n_classes;
    let mut head = Head::fit(
        spec.hidden_size,
        &spec.head,
        (train, validation),
        n_classes,
        seed.part(&[0]).0,
        &mut |told| heard.hear(told),
    )?;
    let mut most = spec.head.max_epochs;
    let (mut tuned, mut changed) = (forecaster, None);
    if spec.tuned_blocks > 0 && !heard.cancelled {
        let data = TuningData {
            train: Labelled { inputs: train_windows, classes: &learnt.classes },
            validation: Labelled { inputs: validation_windows, classes: data.validation.classes },
        };
        let (blocks, seed) = (spec.tuned_blocks, seed.part(&[1]).0);
        let found = tune(&tuned, &head, blocks, &spec.tuning, &data, seed, &mut |told| heard.hear(told))?;
        (tuned, head, changed) = (found.model, found.head, Some(found.changed));
        most += spec.tuning.max_epochs;
    }
    // What changed blocks make of a window is no other fit's.
    let embeddings = embeddings.filter(|_| changed.is_none());
    let stopped = match heard.cancelled {
        true => StopReason::Cancelled,
        false if heard.epochs.len() < most => StopReason::Patience,
        false => StopReason::Epochs,
    };
    let model = TirexModel {
        description: TirexDescription {
            weights_sha256,
            levels: spec.levels.clone(),
            tuned_blocks: spec.tuned_blocks,
        },
        forecaster: tuned,
        changed,
        head,
        window: spec.window,
        n_features,
        embeddings,
    };
    Ok((model, heard.epochs, stopped))
}

/// Refuses what would teach nothing, before any window is gone through.
fn check(spec: &TirexSpec, forecaster: &Tirex, rows: usize) -> Result<(), FitError> {
    if rows < MINIMUM_ROWS {
        let name = format!("tirex with row_stride {}", spec.row_stride);
        return Err(FitError::TooFewRows { name, rows, needed: MINIMUM_ROWS });
    }
    let config = forecaster.config();
    for (field, value, most) in [
        ("context, as tirex.window,", spec.window, config.context),
        ("number of blocks, as tirex.tuned_blocks,", spec.tuned_blocks, config.blocks),
    ] {
        if value > most {
            let reason = format!("is {most}, less than the {value} asked for");
            return Err(tirex::TirexError::Config { field, reason }.into());
        }
    }
    Ok(())
}

impl TirexModel {
    pub(crate) fn n_classes(&self) -> usize {
        self.head.n_classes()
    }

    pub(crate) fn describe(&self) -> TirexDescription {
        self.description.clone()
    }

    /// Class probabilities of every asked-for row, `[n_ends · n_classes]`.
    pub(crate) fn predict(&self, view: &FeatureView<'_>) -> Result<Vec<f64>, PredictError> {
        let (Some(first), Some(last)) = (view.ends.iter().min(), view.ends.iter().max()) else {
            return Ok(Vec::new());
        };
        let start = first + 1 - self.window;
        let series =
            Series::of(&view.values[start * view.n_features..(last + 1) * view.n_features], view.n_features);
        let variates = series.variates();
        let ends: Vec<usize> = view.ends.iter().map(|end| end - start).collect();
        let windows = Windows::new(&variates, &self.description.levels, self.window, &ends)?;
        let found = pooled(&self.forecaster, self.embeddings.as_deref(), &windows, &mut |_| true)?;
        Ok(self.head.predict(&found.unwrap_or_default()))
    }

    pub(crate) fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>, PredictError> {
        let mut files = vec![(HEAD_FILE, self.head.to_safetensors()?)];
        files.extend(self.changed.clone().map(|changed| (BLOCKS_FILE, changed)));
        Ok(files)
    }

    pub(crate) fn load(
        description: &TirexDescription,
        (window, n_features): (usize, usize),
        head: &[u8],
        changed: Option<&[u8]>,
        weights: &ForecasterWeights,
    ) -> Result<Self, LoadError> {
        let head = Head::from_safetensors(head)
            .map_err(|source| LoadError::Head { file: HEAD_FILE.to_owned(), reason: source.to_string() })?;
        let mut forecaster = weights.find(&description.weights_sha256)?;
        if let Some(changed) = changed {
            forecaster = forecaster.with_changed(changed).map_err(|source| LoadError::Head {
                file: BLOCKS_FILE.to_owned(),
                reason: source.to_string(),
            })?;
        }
        let width = pooled_width(forecaster.config(), n_features);
        if !(1..=MAXIMUM_WINDOW).contains(&window) || description.levels.len() != n_features {
            let reason = "its window or levels do not fit its columns".to_owned();
            return Err(LoadError::Head { file: HEAD_FILE.to_owned(), reason });
        }
        if head.width() != width {
            let reason =
                format!("it is for vectors of {} numbers, the forecaster's have {width}", head.width());
            return Err(LoadError::Head { file: HEAD_FILE.to_owned(), reason });
        }
        Ok(Self {
            description: description.clone(),
            forecaster: forecaster.without_origin(),
            changed: changed.map(<[u8]>::to_vec),
            head,
            window,
            n_features,
            embeddings: None,
        })
    }
}

/// Vectors of windows, with what is known of them; none when `go_on` ended it.
fn pooled(
    forecaster: &Tirex,
    embeddings: Option<&Mutex<KeptVectors>>,
    windows: &Windows<'_>,
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Result<Option<Vec<f32>>, PredictError> {
    let mut make = |places: &[usize]| Ok(forecaster.pooled(&windows.some(places)));
    let key = |place| window_key(windows.at(place).flatten().copied());
    let mut kept = embeddings.map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner));
    vectors_of(kept.as_deref_mut(), windows.len(), &key, &mut make, go_on)
}

/// The columns of a table as series.
struct Series(Vec<Vec<f32>>);

impl Series {
    fn of(values: &[f64], n_features: usize) -> Self {
        let column = |at: usize| values.chunks_exact(n_features).map(|row| row[at] as f32).collect();
        Self((0..n_features).map(column).collect())
    }

    fn variates(&self) -> Vec<&[f32]> {
        self.0.iter().map(Vec::as_slice).collect()
    }
}

/// Rows with their classes, of their own.
struct Rows {
    ends: Vec<usize>,
    classes: Vec<u8>,
}

impl LabelledRows<'_> {
    fn every(&self, stride: usize) -> Rows {
        Rows {
            ends: self.ends.iter().copied().step_by(stride).collect(),
            classes: self.classes.iter().copied().step_by(stride).collect(),
        }
    }
}

/// Passes a head's progress on.
struct Hears<'a> {
    progress: &'a dyn FitProgress,
    epochs: Vec<EpochReport>,
    cancelled: bool,
}

impl Hears<'_> {
    fn hear(&mut self, told: Heard) -> bool {
        match told {
            Heard::Step(done, total, loss) => {
                self.progress.step(done, total, &format!("steps, loss {loss:.3}"));
            }
            Heard::Epoch(epoch) => {
                let report = self.report(epoch);
                self.progress.epoch(&report);
                self.epochs.push(report);
            }
        }
        self.cancelled |= self.progress.is_cancelled();
        !self.cancelled
    }

    fn report(&self, epoch: Epoch) -> EpochReport {
        EpochReport {
            epoch: self.epochs.len() + 1,
            steps: epoch.steps,
            training_loss: epoch.training_loss,
            validation_loss: epoch.validation_loss,
            validation_accuracy: epoch.validation_accuracy,
            learning_rate: epoch.learning_rate,
            is_best: epoch.is_best,
        }
    }
}
