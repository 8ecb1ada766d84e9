//! The whole validation: folds, scores, importance, and the final refit.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use labels::LabelSeries;
use market::Seed;
use models::{FitNotes, ModelKind, ModelSpec};
use pipeline::{ConformalThreshold, Pipeline};

use crate::baselines::Baseline;
use crate::config::Config;
use crate::dataset::Dataset;
use crate::fold::{Fit, Fitter, Fold, Purposed};
use crate::importance::{Importance, Sample};
use crate::metrics::{
    Bootstrap, Tally, effective_rows, expected_calibration_error, log_losses, mean_block_length, reliability,
};
use crate::progress::Progress;
use crate::report::{
    FeatureImportance, FoldScores, FoldSpans, LabelReport, Metrics, ModelReport, Span, Status,
    ValidationReport,
};
use crate::results::{Predictions, TestRow};
use crate::verdict::verdict;
use crate::walk_forward::{self, FoldRows};

/// Nominal coverage of prediction sets.
const COVERAGE: f64 = 0.9;
/// Fewer held-out rows than this calibrate no set.
const MINIMUM_CALIBRATION_ROWS: usize = 100;

/// Everything a run found out.
pub(crate) struct Experiment {
    pub(crate) rows: Vec<TestRow>,
    /// For each model of the config, its pooled predictions; none when a fold failed.
    pub(crate) predictions: Vec<Option<Predictions>>,
    pub(crate) models: Vec<ModelReport>,
    pub(crate) baselines: BTreeMap<String, Metrics>,
    pub(crate) importance: Vec<FeatureImportance>,
    pub(crate) validation: ValidationReport,
    pub(crate) label: LabelReport,
    /// The final refit of each model.
    pub(crate) finals: Vec<Fit>,
    /// `[fold][model]`
    pub(crate) folds: Vec<Vec<Fit>>,
}

impl Experiment {
    pub(crate) fn run(config: &Config, dataset: &Dataset<'_>, progress: &Progress) -> Result<Self> {
        let fitter = Fitter { config, dataset, progress };
        let folds = run_folds(&fitter)?;
        let pooled = Pooled::of(&folds, config);
        if pooled.rows.is_empty() {
            bail!("no fold has a labelled test row; use more bars or another label");
        }
        let importance = measure_importance(&fitter, &folds)?;

        let labels = dataset.labels(dataset.series().len())?;
        let mut finals = Vec::new();
        for (place, kind) in config.models.iter().enumerate() {
            let threshold = pooled.threshold(place);
            finals.push(match pooled.models[place] {
                Some(_) => fitter.fit(
                    *kind,
                    &final_rows(config, dataset, &labels, *kind),
                    &labels,
                    Purposed::Final,
                    threshold,
                ),
                None => Err("a fold failed, so nothing is known about it out of sample".to_owned()),
            });
        }

        let stage = progress.stage("scores", 1);
        let scored = pooled.score(config, &labels, &folds, &finals);
        stage.finish(&format!("{} out-of-sample rows", pooled.rows.len()));
        let spans = folds.iter().enumerate().map(|(fold, done)| spans(fold, &done.rows, dataset)).collect();
        let importance = importance_table(config, dataset, &importance, &finals);
        Ok(Self {
            validation: ValidationReport {
                method: "walk_forward".to_owned(),
                mode: serde_json::to_value(config.validation.mode)?.as_str().unwrap_or_default().to_owned(),
                folds: spans,
                out_of_sample_rows: pooled.rows.len(),
                effective_rows: scored.effective_rows,
                block_length: scored.block_length,
                bootstrap_draws: config.report.bootstrap_draws,
            },
            label: label_report(config, dataset, &labels),
            rows: pooled.rows,
            predictions: pooled.models,
            models: scored.models,
            baselines: scored.baselines,
            importance,
            finals,
            folds: folds.into_iter().map(|fold| fold.fits).collect(),
        })
    }
}

fn run_folds(fitter: &Fitter<'_>) -> Result<Vec<Fold>> {
    let (config, dataset) = (fitter.config, fitter.dataset);
    let share = early_stopping_share(config, &config.models);
    let mut folds: Vec<Fold> = Vec::new();
    for (number, block) in walk_forward::blocks(&config.validation, dataset.usable.len()).iter().enumerate() {
        // Whatever a label learns from data, it learns from bars before the test block.
        let labels = dataset.labels(dataset.usable[block.test.start])?;
        let rows = FoldRows::of(block, &dataset.usable, &labels.labels, share);
        let so_far = Pooled::of(&folds, config);
        let thresholds: Vec<_> = (0..config.models.len()).map(|place| so_far.threshold(place)).collect();
        folds.push(fitter.run(number, rows, &labels, &thresholds)?);
    }
    Ok(folds)
}

/// The share of training rows held back, when one of the models needs them.
fn early_stopping_share(config: &Config, kinds: &[ModelKind]) -> f64 {
    let needed = kinds.iter().any(|kind| config.model_spec(*kind).needs_validation());
    if needed { config.validation.early_stopping_share } else { 0.0 }
}

/// All resolved labels, the newest held back when the model needs to know when to stop.
fn final_rows(config: &Config, dataset: &Dataset<'_>, labels: &LabelSeries, kind: ModelKind) -> FoldRows {
    let n = dataset.usable.len();
    let block = walk_forward::Block { train: 0..n, test: n..n };
    FoldRows::of(&block, &dataset.usable, &labels.labels, early_stopping_share(config, &[kind]))
}

/// Out-of-sample rows of all folds with what everyone said about them.
struct Pooled {
    n_classes: usize,
    rows: Vec<TestRow>,
    models: Vec<Option<Predictions>>,
    baselines: Vec<Predictions>,
}

/// Scores and what they rest on.
struct Scored {
    models: Vec<ModelReport>,
    baselines: BTreeMap<String, Metrics>,
    effective_rows: f64,
    block_length: f64,
}

impl Pooled {
    fn of(folds: &[Fold], config: &Config) -> Self {
        let mut models = vec![Some(Predictions::default()); config.models.len()];
        let mut baselines = vec![Predictions::default(); Baseline::ALL.len()];
        for fold in folds {
            for (pooled, answers) in models.iter_mut().zip(&fold.answers) {
                match (pooled.as_mut(), answers) {
                    (Some(pooled), Some(answers)) => pooled.extend(answers),
                    _ => *pooled = None,
                }
            }
            for (pooled, answers) in baselines.iter_mut().zip(&fold.baselines) {
                pooled.extend(answers);
            }
        }
        let rows: Vec<TestRow> = folds.iter().flat_map(|fold| fold.test.iter().copied()).collect();
        let n_classes = baselines[0].values.len() / rows.len().max(1);
        Self { n_classes, rows, models, baselines }
    }

    /// The split-conformal threshold of a model on these held-out rows.
    fn threshold(&self, place: usize) -> Option<ConformalThreshold> {
        let predictions = self.models[place].as_ref()?;
        let n = self.rows.len();
        if n < MINIMUM_CALIBRATION_ROWS {
            return None;
        }
        let score = |(index, row): (usize, &TestRow)| {
            1.0 - predictions.row(index, self.n_classes)[usize::from(row.class)]
        };
        let mut scores: Vec<f64> = self.rows.iter().enumerate().map(score).collect();
        scores.sort_unstable_by(f64::total_cmp);
        let rank = ((n + 1) as f64 * COVERAGE).ceil() as usize;
        Some(ConformalThreshold { coverage: COVERAGE, score: scores[rank.min(n) - 1], calibration_rows: n })
    }

    fn score(&self, config: &Config, labels: &LabelSeries, folds: &[Fold], finals: &[Fit]) -> Scored {
        let k = self.n_classes;
        let reference = self.models.iter().flatten().next().unwrap_or(&self.baselines[0]);
        let losses = log_losses(&self.rows, reference, k);
        let block_length = mean_block_length(&losses, 2.0 * config.label.horizon as f64);
        let bootstrap =
            Bootstrap::new(self.rows.len(), k, block_length, config.report.bootstrap_draws, config.seed);
        let baselines: Vec<_> =
            self.baselines.iter().map(|predictions| bootstrap.score(&self.rows, predictions)).collect();
        let models = config
            .models
            .iter()
            .enumerate()
            .map(|(place, kind)| {
                let mut report = empty_report(config, *kind, &fold_scores(place, folds, k));
                let failure = report.folds.iter().find_map(|fold| fold.failure.clone());
                let failure = failure.or_else(|| finals[place].as_ref().err().cloned());
                if let Some(why) = failure {
                    report.status = Status::Failed;
                    report.verdict = format!("{} FAILED and is left out: {why}.", kind.name());
                }
                if let Some(predictions) = &self.models[place] {
                    let scores = bootstrap.score(&self.rows, predictions);
                    let tally = Tally::of(&self.rows, predictions, k);
                    report.versus = Baseline::ALL
                        .iter()
                        .zip(&baselines)
                        .map(|(baseline, other)| (baseline.name().to_owned(), scores.minus(other)))
                        .collect();
                    if report.status == Status::Ok {
                        (report.verdict, report.beats_every_baseline) = verdict(kind.name(), &report.versus);
                    }
                    report.metrics = Some(scores.metrics());
                    report.mcc = Some(tally.matthews());
                    report.reliability = reliability(&self.rows, predictions, k);
                    report.ece = Some(expected_calibration_error(&report.reliability));
                    report.confusion_matrix = tally.confusion_matrix();
                    report.per_class = tally.per_class(labels.classes.names());
                }
                report.out_of_bag_accuracy =
                    notes(&finals[place]).and_then(|notes| notes.out_of_bag_accuracy);
                report
            })
            .collect();
        let baselines = Baseline::ALL
            .iter()
            .zip(&baselines)
            .map(|(baseline, scores)| (baseline.name().to_owned(), scores.metrics()))
            .collect();
        Scored { models, baselines, effective_rows: effective_rows(&losses), block_length }
    }
}

fn notes(fit: &Fit) -> Option<&FitNotes> {
    fit.as_ref().ok().map(|(_, notes)| notes)
}

fn empty_report(config: &Config, kind: ModelKind, folds: &[FoldScores]) -> ModelReport {
    ModelReport {
        name: kind.name().to_owned(),
        label: label_kind(config),
        verdict: String::new(),
        beats_every_baseline: false,
        status: Status::Ok,
        metrics: None,
        mcc: None,
        ece: None,
        confusion_matrix: Vec::new(),
        per_class: Vec::new(),
        reliability: Vec::new(),
        versus: BTreeMap::new(),
        folds: folds.to_vec(),
        out_of_bag_accuracy: None,
        bundle: None,
        content_hash: None,
    }
}

fn fold_scores(place: usize, folds: &[Fold], n_classes: usize) -> Vec<FoldScores> {
    folds
        .iter()
        .enumerate()
        .map(|(number, fold)| {
            let tally = fold.answers[place].as_ref().map(|answers| {
                let mut tally = Tally::empty(n_classes);
                for (row, answer) in fold.test.iter().zip(answers) {
                    tally.add(row.class, answer.values());
                }
                tally
            });
            let scored = tally.filter(|_| !fold.test.is_empty());
            FoldScores {
                fold: number,
                status: if fold.fits[place].is_ok() { Status::Ok } else { Status::Failed },
                failure: fold.fits[place].as_ref().err().cloned(),
                rows: fold.test.len(),
                accuracy: scored.as_ref().map(Tally::accuracy),
                log_loss: scored.as_ref().map(Tally::log_loss),
                epochs: notes(&fold.fits[place]).map(|notes| notes.epochs.clone()).unwrap_or_default(),
            }
        })
        .collect()
}

fn measure_importance(fitter: &Fitter<'_>, folds: &[Fold]) -> Result<Vec<Importance>> {
    let (config, dataset) = (fitter.config, fitter.dataset);
    let n_features = dataset.set.schema().len();
    let mut measured = Vec::new();
    for (place, kind) in config.models.iter().enumerate() {
        let (most, repeats) = match config.model_spec(*kind) {
            ModelSpec::RandomForest(_) => (config.report.importance_rows, config.report.importance_repeats),
            ModelSpec::Network(_) => (config.report.importance_windows / folds.len(), 1),
        };
        let mut importance = Importance::none(n_features);
        for (number, fold) in folds.iter().enumerate() {
            let Ok((pipeline, _)) = &fold.fits[place] else { continue };
            let sample = Sample {
                values: dataset.table.values(),
                n_features,
                rows: &fold.test,
                most,
                repeats,
                seed: Seed(config.seed.0).part(&[*kind as u64, number as u64 + 1]),
            };
            let name = format!("{}, fold {number}, importance", kind.name());
            importance.add(&pipeline.members()[0].model, &sample, &name, fitter.progress)?;
        }
        measured.push(importance);
    }
    Ok(measured)
}

/// Features of each model, most important first.
fn importance_table(
    config: &Config,
    dataset: &Dataset<'_>,
    measured: &[Importance],
    finals: &[Fit],
) -> Vec<FeatureImportance> {
    let mut table = Vec::new();
    for ((kind, importance), fit) in config.models.iter().zip(measured).zip(finals) {
        let Ok((pipeline, _)) = fit else { continue };
        let impurity = impurity_of(pipeline);
        let mut rows: Vec<FeatureImportance> = dataset
            .set
            .schema()
            .names()
            .zip(importance.mean())
            .enumerate()
            .map(|(index, (feature, permutation))| FeatureImportance {
                model: kind.name().to_owned(),
                feature: feature.to_owned(),
                impurity: impurity.map(|values| values[index]),
                permutation,
            })
            .collect();
        rows.sort_by(|a, b| b.permutation.total_cmp(&a.permutation));
        table.extend(rows);
    }
    table
}

fn impurity_of(pipeline: &Pipeline) -> Option<&[f64]> {
    pipeline.members().first().and_then(|member| member.model.impurity_importance())
}

fn spans(fold: usize, rows: &FoldRows, dataset: &Dataset<'_>) -> FoldSpans {
    let bars = dataset.series().bars();
    let span = |rows: &[usize]| -> Option<Span> {
        let (first, last) = (rows.first()?, rows.last()?);
        Some(Span { from: bars[*first].close_time, until: bars[*last].close_time, rows: rows.len() })
    };
    let nothing = Span { from: bars[0].close_time, until: bars[0].close_time, rows: 0 };
    FoldSpans {
        fold,
        train: span(&rows.train).unwrap_or(nothing),
        early_stopping: span(&rows.early_stopping),
        purged_rows: rows.purged,
        test: span(&rows.test).unwrap_or(nothing),
    }
}

fn label_kind(config: &Config) -> String {
    let kind = serde_json::to_value(config.label.kind).unwrap_or_default();
    kind.as_str().unwrap_or_default().to_owned()
}

fn label_report(config: &Config, dataset: &Dataset<'_>, labels: &LabelSeries) -> LabelReport {
    let classes: Vec<u8> =
        dataset.usable.iter().filter_map(|bar| labels.labels[*bar]).map(|label| label.class).collect();
    let mut counts = vec![0; labels.classes.len()];
    for class in &classes {
        counts[usize::from(*class)] += 1;
    }
    let runs = classes.chunk_by(|a, b| a == b).count().max(1);
    LabelReport {
        kind: label_kind(config),
        horizon: config.label.horizon,
        classes: labels.classes.clone(),
        counts,
        mean_duration_bars: classes.len() as f64 / runs as f64,
        switches_per_1000_bars: 1000.0 * (runs - 1) as f64 / classes.len().max(1) as f64,
        shuffled: config.validation.shuffle_labels,
    }
}
