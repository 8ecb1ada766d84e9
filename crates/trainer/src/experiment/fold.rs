//! One fold: fit every model on its training part, answer for its test rows.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use baselines::{Baseline, BaselineView, FeatureRows, Outcome};
use ensemble::Conformal;
use evaluation::{FoldRows, TestRow};
use labels::{Label, last_resolved};
use market::{ClassProbabilities, Purpose, Seed, Timestamp};
use models::{
    FitNotes, FittedModel, ForecasterWeights, LabelledRows, ModelAnswer, ModelKind, ModelSpec, TrainingSet,
};
use pipeline::{Core, Member, Pipeline};
use rand::seq::SliceRandom;
use serde_json::Value;

use crate::config::{Config, ENSEMBLE};
use crate::dataset::{Dataset, FoldLabels};
use crate::experiment::blend::Blend;
use crate::experiment::forecast_intervals::conformal_interval;
use crate::experiment::pooled::Pooled;
use crate::experiment::reference::{self, Usual};
use crate::interrupt;
use crate::progress::Progress;
use crate::train::tracked::Tracked;
use crate::train::unfinished::{Kept, Unfinished};

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

/// Answers of a baseline for test rows, or why there are none.
pub(crate) type Answers = Result<Vec<ClassProbabilities>, String>;

/// The bars of a fold, of each symbol.
pub(crate) struct FoldParts {
    /// What models learn from and answer for.
    pub(crate) models: Vec<FoldRows>,
    /// What baselines learn from: the symbol's own bars, also where the models learn from the others only. The
    /// same as `models` without an entry.
    pub(crate) baselines: Option<Vec<FoldRows>>,
}

/// A fitted fold.
pub(crate) struct Fold {
    pub(crate) number: usize,
    pub(crate) n_classes: usize,
    pub(crate) rows: Vec<FoldRows>,
    pub(crate) test: Vec<TestRow>,
    /// Of each test row, the open time of the bar whose close decides its class.
    pub(crate) until: Vec<Timestamp>,
    /// Of each test row, the class of the newest label that was known when it was answered for.
    pub(crate) last_known: Vec<Option<u8>>,
    /// Standard deviation of the returns of one bar over the horizon of the training rows: mean of each class
    /// that they have, and of all.
    pub(crate) volatility: (Vec<Option<f64>>, f64),
    /// In the order of the config's models, and behind them the ensemble where there is one.
    pub(crate) fits: Vec<Fit>,
    /// Answers for the test rows of each of them that was fitted.
    pub(crate) answers: Vec<Option<Vec<ModelAnswer>>>,
    /// How the members make the ensemble.
    pub(crate) blend: Option<Blend>,
    /// What each baseline says of the test rows.
    pub(crate) baselines: Vec<Answers>,
    /// Of each symbol, its label with what it learnt.
    pub(crate) labellers: BTreeMap<String, Value>,
    /// Of each symbol, what was usual of its classes in training.
    pub(crate) usual: Vec<Usual>,
}

/// Everything that a fit needs beside its rows.
pub(crate) struct Fitter<'a> {
    pub(crate) config: &'a Config,
    pub(crate) dataset: &'a Dataset<'a>,
    pub(crate) progress: &'a Progress,
    /// Where fits are kept on the way; none for what is not worth resuming.
    pub(crate) unfinished: Option<&'a Unfinished<'a>>,
    /// Where what a forecaster made of windows is kept; none for what is not worth it.
    pub(crate) kept_vectors: Option<&'a Path>,
    /// Where fits are told of.
    pub(crate) tracked: Option<&'a Tracked>,
    /// Asked after each fold whether to go on. Whoever asks has no use for baselines.
    pub(crate) after_fold: Option<&'a (dyn Fn(&Fold) -> bool + Sync)>,
}

impl FoldParts {
    fn for_baselines(&self) -> &[FoldRows] {
        self.baselines.as_deref().unwrap_or(&self.models)
    }

    /// Symbols that have rows to answer for and none of their own to learn from, by their places.
    pub(crate) fn without_past(&self) -> Vec<usize> {
        let rows = self.for_baselines().iter().enumerate();
        rows.filter(|(_, rows)| !rows.test.is_empty() && rows.train.is_empty())
            .map(|(symbol, _)| symbol)
            .collect()
    }

    /// Answers nothing for a symbol.
    pub(crate) fn leave_out(&mut self, symbol: usize) {
        for rows in std::iter::once(&mut self.models).chain(&mut self.baselines) {
            rows[symbol].test.clear();
            rows[symbol].test_blocks.clear();
        }
    }
}

impl Fitter<'_> {
    /// Fits one model on the training rows of a fold, or takes over what an interrupted run had of it. A failure is
    /// returned, never replaced.
    ///
    /// # Errors
    /// [`interrupt::Interrupted`] when the run was asked to stop.
    pub(crate) fn fit(
        &self,
        kind: ModelKind,
        parts: &[FoldRows],
        labels: &FoldLabels,
        purpose: Purposed,
        conformal: Option<Conformal>,
    ) -> Result<Fit> {
        let mut spec = self.config.model_spec(kind);
        if let ModelSpec::Tirex(tirex) = &mut spec {
            tirex.levels = self.dataset.levels_of_inputs();
            tirex.cache = self.kept_vectors.filter(|_| self.config.tirex.cache).map(Path::to_owned);
        }
        let columns = self.dataset.columns_of(kind);
        let seed = purpose.seed(self.config.seed, kind);
        let train = self.dataset.rows(parts.iter().map(|rows| &rows.train[..]));
        let mut validation = self.dataset.rows(parts.iter().map(|rows| &rows.early_stopping[..]));
        // What calibrates is judged by later rows, of a pool too.
        validation.sort_by_key(|row| (self.dataset.bar(*row).open_time, *row));
        let mut classes = [&train, &validation].map(|rows| self.classes_of(rows, labels));
        if self.config.validation.shuffle_labels {
            for (place, part) in classes.iter_mut().enumerate() {
                part.shuffle(&mut seed.stream(Purpose::ShuffledLabels, &[place as u64]));
            }
        }
        let data = TrainingSet {
            values: self.dataset.table.values(),
            n_features: self.dataset.table.schema().len(),
            n_classes: labels.classes().len(),
            train: LabelledRows { ends: &train, classes: &classes[0] },
            validation: LabelledRows { ends: &validation, classes: &classes[1] },
            columns,
        };
        let name = format!("{}, {}", kind.name(), purpose.name());
        let fitted = self.fitted(&name, &spec, &data, seed)?;
        if let Some(tracked) = self.tracked.filter(|_| purpose == Purposed::Final && fitted.is_ok()) {
            tracked.fit_ends(&name, false);
        }
        let tested = self.dataset.rows(parts.iter().map(|rows| &rows.test[..]));
        let begins = tested.iter().map(|row| self.dataset.bar(*row).open_time).min();
        Ok(fitted.and_then(|fitted| self.pipeline(kind, fitted, labels, (conformal, begins))))
    }

    /// What an interrupted run kept of a fit, or the fit itself.
    fn fitted(
        &self,
        name: &str,
        spec: &ModelSpec,
        data: &TrainingSet<'_>,
        seed: Seed,
    ) -> Result<Result<(FittedModel, FitNotes), String>> {
        let rows = data.train.ends.len() + data.validation.ends.len();
        let stage = self.progress.stage(name, 1);
        if let Some(tracked) = self.tracked {
            tracked.fit_begins(name);
        }
        let slot = self.unfinished.map(|unfinished| unfinished.slot(name));
        let weights = ForecasterWeights::default().with(self.config.tirex.weights.as_deref());
        if let Some(fit) = slot.as_ref().and_then(|slot| slot.finished(&weights)) {
            stage.finish(&format!("was fitted on {rows} rows before"));
            if let Some(tracked) = self.tracked {
                fit.1.epochs.iter().for_each(|report| tracked.epoch(name, report));
                tracked.fitted(name, &fit.1);
            }
            return Ok(Ok(fit));
        }
        let kept = Kept::new(&stage, slot.as_ref(), self.tracked.map(|tracked| (tracked, name)));
        let fitted = FittedModel::fit(spec, data, self.config.calibration, seed, &kept);
        if let (Some(slot), Ok((model, notes))) = (&slot, &fitted) {
            slot.keep(model, notes);
        }
        interrupt::check(name)?;
        if let Some(tracked) = self.tracked {
            match &fitted {
                Ok((_, notes)) => tracked.fitted(name, notes),
                Err(_) => tracked.fit_ends(name, true),
            }
        }
        stage.finish(&match &fitted {
            Ok(_) => format!("fitted on {rows} rows"),
            Err(error) => format!("FAILED: {error}"),
        });
        Ok(fitted.map_err(|error| error.to_string()))
    }

    /// The fitted model as it answers live.
    fn pipeline(
        &self,
        kind: ModelKind,
        (model, notes): (FittedModel, FitNotes),
        labels: &FoldLabels,
        (conformal, begins): (Option<Conformal>, Option<Timestamp>),
    ) -> Fit {
        let series = self.dataset.symbols[0].series();
        let core = Core {
            classes: labels.classes().clone(),
            horizon: self.config.label.horizon,
            timeframe: series.timeframe(),
            gaps: series.gaps(),
            features: self.dataset.set.spec().clone(),
            forecast: self.dataset.forecast.as_ref().map(|forecast| forecast.spec().clone()),
            calibration: None,
            missing: BTreeMap::new(),
            forecast_interval: conformal_interval(self.dataset, begins),
            conformal,
        };
        let member = Member { name: kind.name().to_owned(), weight: 1.0, model: Arc::new(model) };
        self.assembled(core, vec![member]).map(|pipeline| (pipeline, notes))
    }

    /// A pipeline with this run's forecaster.
    pub(crate) fn assembled(&self, core: Core, members: Vec<Member>) -> Result<Pipeline, String> {
        let forecaster = self.dataset.forecast.as_ref().map(|forecast| Arc::clone(&forecast.forecaster));
        Pipeline::new(core, members, forecaster).map_err(|error| error.to_string())
    }

    /// Fits every model of the config and answers for the test rows: models, the ensemble and baselines. `past` is what was
    /// said in earlier folds of rows whose outcome was known when this one begins.
    pub(crate) fn run(
        &self,
        number: usize,
        parts: FoldParts,
        labels: &FoldLabels,
        past: Option<&Pooled>,
    ) -> Result<Fold> {
        let ends = self.dataset.rows(parts.models.iter().map(|rows| &rows.test[..]));
        let label = |row: &usize| Some((*row, self.dataset.label(labels, *row)?));
        let labelled: Vec<_> = ends.iter().filter_map(label).collect();
        let mut fits = Vec::new();
        let mut answers = Vec::new();
        let conformal = |place| past.and_then(|past| past.conformal(place, self.config));
        for (place, kind) in self.config.models.iter().enumerate() {
            let fit = self.fit(*kind, &parts.models, labels, Purposed::Fold(number), conformal(place))?;
            let (fit, said) = self.answered(fit, &ends, &format!("{}, fold {number}, test", kind.name()))?;
            fits.push(fit);
            answers.push(said);
        }
        let mut blend = None;
        if self.config.ensemble.is_some() {
            let made = Blend::learn(self.config, &fits, past);
            let made = made.map(|made| {
                answers.push(Some(made.answers(&answers)));
                let pipeline = made.pipeline(self, &fits, conformal(fits.len()));
                blend = Some(made);
                pipeline
            });
            if made.is_err() {
                answers.push(None);
            }
            fits.push(made.and_then(|made| made));
        }
        self.tell_scores(number, &labelled, &answers);
        let baselines = if self.after_fold.is_some() {
            vec![Err("not asked for".to_owned()); Baseline::ALL.len()]
        } else {
            self.baselines(parts.for_baselines(), labels, &format!("fold {number}"))
        };
        let test =
            labelled.iter().map(|(bar, label)| TestRow { bar: *bar, fold: number, class: label.class });
        Ok(Fold {
            number,
            n_classes: labels.classes().len(),
            test: test.collect(),
            until: labelled.iter().map(|(_, label)| label.until).collect(),
            volatility: reference::volatility_of_classes(
                self.dataset,
                &parts.models,
                labels,
                self.config.label.horizon,
            ),
            last_known: self.last_known(&parts.models, labels),
            labellers: reference::labellers(self.dataset, labels),
            usual: Usual::of(self.dataset, &parts.models, labels, self.config.label.horizon),
            rows: parts.models,
            fits,
            answers,
            blend,
            baselines,
        })
    }

    /// Tells how each model of a fold did on its test rows.
    fn tell_scores(&self, number: usize, test: &[(usize, Label)], answers: &[Option<Vec<ModelAnswer>>]) {
        let Some(tracked) = self.tracked else { return };
        for (name, answers) in self.config.scored_names().into_iter().zip(answers) {
            let fit = format!("{name}, {}", Purposed::Fold(number).name());
            if name == ENSEMBLE {
                tracked.fit_begins(&fit);
            }
            let Some(answers) = answers else { continue };
            let n = test.len() as f64;
            let rows = || test.iter().zip(answers);
            let p = |(label, answer): (&Label, &ModelAnswer)| {
                answer.probabilities.values()[usize::from(label.class)]
            };
            let loss: f64 = rows().map(|((_, label), answer)| -p((label, answer)).max(1e-15).ln()).sum();
            let right =
                rows().filter(|((_, label), answer)| answer.probabilities.top() == label.class).count();
            tracked.scored(&fit, loss / n, right as f64 / n);
            tracked.fit_ends(&fit, false);
        }
    }

    /// What each baseline says of the test rows. Baselines learn from each symbol by itself.
    pub(crate) fn baselines(&self, parts: &[FoldRows], labels: &FoldLabels, name: &str) -> Vec<Answers> {
        let (values, width) = self.dataset.features();
        let tested: Vec<usize> = (0..parts.len()).filter(|symbol| !parts[*symbol].test.is_empty()).collect();
        let stage =
            self.progress.stage(&format!("baselines, {name}"), (Baseline::ALL.len() * tested.len()) as u64);
        let mut answers: Vec<Answers> = vec![Ok(Vec::new()); Baseline::ALL.len()];
        for (turn, &symbol) in tested.iter().enumerate() {
            let (bars, rows, own) =
                (&self.dataset.symbols[symbol], &parts[symbol], &labels.of_symbol[symbol]);
            let learned = [&rows.train[..], &rows.early_stopping].concat();
            let view = BaselineView {
                series: bars.series(),
                features: FeatureRows {
                    values: &values[bars.offset * width..][..bars.series().len() * width],
                    n_features: width,
                },
                classes: &own.series.classes,
                labels: &own.series.labels,
                frozen: own.frozen.as_deref(),
                train: &learned,
                test: &rows.test,
            };
            for (place, (baseline, said)) in Baseline::ALL.into_iter().zip(&mut answers).enumerate() {
                stage.set((turn * Baseline::ALL.len() + place) as u64, baseline.name());
                let Ok(so_far) = said else { continue };
                match baseline.predict(&view) {
                    Ok(Outcome::Answered(more)) => so_far.extend(more),
                    Ok(Outcome::NotApplicable(why)) => *said = Err(format!("not applicable: {why}")),
                    Err(error) => *said = Err(format!("failed in {name}: {error}")),
                }
            }
        }
        stage.finish(&format!("{} rows", parts.iter().map(|rows| rows.test.len()).sum::<usize>()));
        answers
    }

    fn last_known(&self, parts: &[FoldRows], labels: &FoldLabels) -> Vec<Option<u8>> {
        let mut known = Vec::new();
        for ((rows, labels), symbol) in parts.iter().zip(&labels.of_symbol).zip(&self.dataset.symbols) {
            let labels = &labels.series.labels;
            let resolved = last_resolved(symbol.series().bars(), labels);
            known.extend(rows.test.iter().map(|bar| labels[resolved[*bar]?].map(|label| label.class)));
        }
        known
    }

    /// A fit with its answers for some rows. One that can't answer has failed; the others go on.
    ///
    /// # Errors
    /// [`interrupt::Interrupted`] when the run was asked to stop.
    fn answered(&self, fit: Fit, rows: &[usize], name: &str) -> Result<(Fit, Option<Vec<ModelAnswer>>)> {
        let Ok((pipeline, _)) = &fit else { return Ok((fit, None)) };
        match self.answer(pipeline, rows, name) {
            Ok(said) => Ok((fit, Some(said))),
            Err(error) if error.is::<interrupt::Interrupted>() => Err(error),
            Err(error) => {
                self.progress.say(&format!("{name}: FAILED: {error:#}"));
                Ok((Err(format!("it can't answer: {error:#}")), None))
            }
        }
    }

    /// Answers in pieces, so that progress can be shown.
    pub(crate) fn answer(&self, pipeline: &Pipeline, rows: &[usize], name: &str) -> Result<Vec<ModelAnswer>> {
        let stage = self.progress.stage(name, rows.len() as u64);
        let mut answers = Vec::with_capacity(rows.len());
        for piece in rows.chunks(1024) {
            interrupt::check(name)?;
            let piece = pipeline.answer(&self.dataset.table, piece)?;
            answers.extend(piece.into_iter().map(|answer| ModelAnswer {
                uncalibrated: answer.uncalibrated,
                probabilities: answer.combined,
            }));
            stage.set(answers.len() as u64, "rows");
        }
        stage.finish(&format!("{} rows predicted", rows.len()));
        Ok(answers)
    }

    fn classes_of(&self, rows: &[usize], labels: &FoldLabels) -> Vec<u8> {
        rows.iter().filter_map(|row| self.dataset.class(labels, *row)).collect()
    }
}
