//! One fold: fit every model on its training part, answer for its test block.

use anyhow::Result;
use baselines::{Baseline, BaselineView, FeatureRows, Outcome};
use evaluation::{FoldRows, TestRow};
use labels::LabelSeries;
use market::{ClassProbabilities, Purpose, Seed};
use models::{FitNotes, FittedModel, LabelledRows, ModelKind, TrainingSet};
use pipeline::{ConformalThreshold, Core, Member, Pipeline};
use rand::seq::SliceRandom;

use crate::config::Config;
use crate::dataset::{Dataset, FoldLabels};
use crate::progress::Progress;

/// What a fold is fitted for; part of the names in the progress display and of the seeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purposed {
    /// Fold K of the validation.
    Fold(usize),
    /// The final refit, which is exported.
    Final,
}

impl Purposed {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Fold(fold) => format!("fold {fold}"),
            Self::Final => "final".to_owned(),
        }
    }

    fn seed(self, seed: Seed, kind: ModelKind) -> Seed {
        let place = match self {
            Self::Fold(fold) => fold as u64 + 1,
            Self::Final => 0,
        };
        seed.part(&[kind as u64, place])
    }
}

/// A model that was fitted, or why it was not.
pub(crate) type Fit = Result<(Pipeline, FitNotes), String>;

/// A fitted fold.
pub(crate) struct Fold {
    pub(crate) n_classes: usize,
    pub(crate) rows: FoldRows,
    pub(crate) test: Vec<TestRow>,
    /// In the order of the config's models.
    pub(crate) fits: Vec<Fit>,
    /// Answers for the test rows of each model that was fitted.
    pub(crate) answers: Vec<Option<Vec<ClassProbabilities>>>,
    /// What each baseline says of the test rows, or why it failed.
    pub(crate) baselines: Vec<Result<Outcome, String>>,
}

/// Everything that a fit needs beside its rows.
pub(crate) struct Fitter<'a> {
    pub(crate) config: &'a Config,
    pub(crate) dataset: &'a Dataset<'a>,
    pub(crate) progress: &'a Progress,
}

impl Fitter<'_> {
    /// Fits one model on the training rows of a fold. A failure is returned, never replaced.
    pub(crate) fn fit(
        &self,
        kind: ModelKind,
        rows: &FoldRows,
        labels: &LabelSeries,
        purpose: Purposed,
        conformal: Option<ConformalThreshold>,
    ) -> Fit {
        let spec = self.config.model_spec(kind);
        let seed = purpose.seed(self.config.seed, kind);
        let mut classes = [classes_of(&rows.train, labels), classes_of(&rows.early_stopping, labels)];
        if self.config.validation.shuffle_labels {
            for (place, part) in classes.iter_mut().enumerate() {
                part.shuffle(&mut seed.stream(Purpose::ShuffledLabels, &[place as u64]));
            }
        }
        let data = TrainingSet {
            values: self.dataset.table.values(),
            n_features: self.dataset.set.schema().len(),
            n_classes: labels.classes.len(),
            train: LabelledRows { ends: &rows.train, classes: &classes[0] },
            validation: LabelledRows { ends: &rows.early_stopping, classes: &classes[1] },
        };
        let name = format!("{}, {}", kind.name(), purpose.name());
        let stage = self.progress.stage(&name, 1);
        match FittedModel::fit(&spec, &data, self.config.calibration, seed, &stage) {
            Ok((model, notes)) => {
                stage.finish(&format!("fitted on {} rows", rows.train.len() + rows.early_stopping.len()));
                let core = Core {
                    classes: labels.classes.clone(),
                    horizon: self.config.label.horizon,
                    timeframe: self.dataset.series().timeframe(),
                    gaps: self.dataset.series().gaps(),
                    features: self.dataset.set.spec().clone(),
                    conformal,
                };
                let member = Member { name: kind.name().to_owned(), weight: 1.0, model };
                Pipeline::new(core, vec![member])
                    .map(|pipeline| (pipeline, notes))
                    .map_err(|error| error.to_string())
            }
            Err(error) => {
                stage.finish(&format!("FAILED: {error}"));
                Err(error.to_string())
            }
        }
    }

    /// Fits every model of the config and answers for the test block, models and baselines alike.
    pub(crate) fn run(
        &self,
        fold: usize,
        rows: FoldRows,
        fold_labels: &FoldLabels,
        conformal: &[Option<ConformalThreshold>],
    ) -> Result<Fold> {
        let labels = &fold_labels.series;
        let mut fits = Vec::new();
        let mut answers = Vec::new();
        for (kind, conformal) in self.config.models.iter().zip(conformal) {
            let fit = self.fit(*kind, &rows, labels, Purposed::Fold(fold), *conformal);
            answers.push(match &fit {
                Ok((pipeline, _)) => Some(self.answer(pipeline, &rows.test, *kind, fold)?),
                Err(_) => None,
            });
            fits.push(fit);
        }
        let learned = [&rows.train[..], &rows.early_stopping].concat();
        let view = BaselineView {
            series: self.dataset.series(),
            features: FeatureRows {
                values: self.dataset.table.values(),
                n_features: self.dataset.set.schema().len(),
            },
            classes: &labels.classes,
            labels: &labels.labels,
            frozen: fold_labels.frozen.as_deref(),
            train: &learned,
            test: &rows.test,
        };
        let stage = self.progress.stage(&format!("baselines, fold {fold}"), Baseline::ALL.len() as u64);
        let mut baselines = Vec::new();
        for baseline in Baseline::ALL {
            stage.set(baselines.len() as u64, baseline.name());
            baselines.push(baseline.predict(&view).map_err(|error| error.to_string()));
        }
        stage.finish(&format!("{} rows", rows.test.len()));
        let class = |bar: usize| labels.labels[bar].map(|label| label.class);
        let test =
            rows.test.iter().filter_map(|&bar| Some(TestRow { bar, fold, class: class(bar)? })).collect();
        Ok(Fold { n_classes: labels.classes.len(), rows, test, fits, answers, baselines })
    }

    /// Answers in pieces, so that progress can be shown.
    fn answer(
        &self,
        pipeline: &Pipeline,
        bars: &[usize],
        kind: ModelKind,
        fold: usize,
    ) -> Result<Vec<ClassProbabilities>> {
        let stage = self.progress.stage(&format!("{}, fold {fold}, test", kind.name()), bars.len() as u64);
        let mut answers = Vec::with_capacity(bars.len());
        for piece in bars.chunks(1024) {
            let piece = pipeline.answer(&self.dataset.table, piece)?;
            answers.extend(piece.into_iter().map(|answer| answer.combined));
            stage.set(answers.len() as u64, "rows");
        }
        stage.finish(&format!("{} rows predicted", bars.len()));
        Ok(answers)
    }
}

fn classes_of(bars: &[usize], labels: &LabelSeries) -> Vec<u8> {
    bars.iter().filter_map(|bar| labels.labels[*bar]).map(|label| label.class).collect()
}
