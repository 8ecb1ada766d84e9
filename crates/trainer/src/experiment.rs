//! The whole validation: folds, scores, importance, and the final refit.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use evaluation::{FoldRows, Metrics, Predictions, Split, SplitScheme, TestBlocks, TestRow, WalkForward};
use labels::LabelSeries;
use market::Seed;
use models::{CalibrationMethod, ModelKind, ModelSpec};
use pipeline::Pipeline;

use crate::config::Config;
use crate::dataset::Dataset;
use crate::fold::{Fit, Fitter, Fold, Purposed};
use crate::importance::{Importance, Sample};
use crate::progress::Progress;
use crate::report::{FeatureImportance, FoldSpans, LabelReport, ModelReport, Span, ValidationReport};
use crate::scoring::{Pooled, Scored};

/// Everything a run found out.
pub(crate) struct Experiment {
    pub(crate) rows: Vec<TestRow>,
    /// For each model of the config, its pooled predictions; none when a fold failed.
    pub(crate) predictions: Vec<Option<Predictions>>,
    pub(crate) models: Vec<ModelReport>,
    pub(crate) baselines: BTreeMap<String, Metrics>,
    /// Baselines without scores, and why: failed, or not made for this label.
    pub(crate) baselines_left_out: BTreeMap<String, String>,
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
        let (folds, pooled) = answers(&fitter)?;
        let importance = measure_importance(&fitter, &folds)?;

        let labels = dataset.labels(dataset.series().len())?.series;
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
        let scored = pooled.score(config, &labels, &folds, &finals)?;
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
            baselines_left_out: scored.left_out,
            importance,
            finals,
            folds: folds.into_iter().map(|fold| fold.fits).collect(),
        })
    }
}

/// The splits of a config over the usable rows.
pub(crate) fn splits(config: &Config, dataset: &Dataset<'_>) -> Result<Vec<Split>> {
    let v = &config.validation;
    let scheme = SplitScheme::WalkForward(WalkForward {
        blocks: TestBlocks::Folds(v.folds),
        initial_train: v.initial_train,
        window: v.mode,
    });
    Ok(scheme.splits(dataset.usable.len(), config.seed)?)
}

/// Scores alone, without importance and final refit.
pub(crate) fn scores(fitter: &Fitter<'_>) -> Result<Scored> {
    let (folds, pooled) = answers(fitter)?;
    let labels = fitter.dataset.labels(fitter.dataset.series().len())?.series;
    pooled.score(fitter.config, &labels, &folds, &[])
}

/// What everyone says of the rows that they did not learn from, fold by fold and together.
fn answers(fitter: &Fitter<'_>) -> Result<(Vec<Fold>, Pooled)> {
    let folds = run_folds(fitter)?;
    let pooled = Pooled::of(&folds, fitter.config);
    if pooled.rows.is_empty() {
        bail!("no fold has a labelled test row; use more bars or another label");
    }
    Ok((folds, pooled))
}

fn run_folds(fitter: &Fitter<'_>) -> Result<Vec<Fold>> {
    let (config, dataset) = (fitter.config, fitter.dataset);
    let share = early_stopping_share(config, &config.models);
    let mut folds: Vec<Fold> = Vec::new();
    for (number, split) in splits(config, dataset)?.iter().enumerate() {
        // Whatever a label learns from data, it learns from bars before the test block.
        let labels = dataset.labels(dataset.usable[split.test[0].start])?;
        let rows = FoldRows::of(split, &dataset.labelled_bars(&labels.series), share);
        let so_far = Pooled::of(&folds, config);
        let thresholds: Vec<_> = (0..config.models.len()).map(|place| so_far.threshold(place)).collect();
        folds.push(fitter.run(number, rows, &labels, &thresholds)?);
    }
    Ok(folds)
}

/// The share of training rows held back, when one of the models stops by them or they calibrate.
fn early_stopping_share(config: &Config, kinds: &[ModelKind]) -> f64 {
    let needed = config.calibration != CalibrationMethod::None
        || kinds.iter().any(|kind| config.model_spec(*kind).needs_validation());
    if needed { config.validation.early_stopping_share } else { 0.0 }
}

/// All resolved labels, the newest held back when the model stops by them or they calibrate.
fn final_rows(config: &Config, dataset: &Dataset<'_>, labels: &LabelSeries, kind: ModelKind) -> FoldRows {
    let split = Split::train_on_all(dataset.usable.len());
    FoldRows::of(&split, &dataset.labelled_bars(labels), early_stopping_share(config, &[kind]))
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
        purged_rows: rows.purged.len(),
        test: span(&rows.test).unwrap_or(nothing),
    }
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
        kind: config.label.kind.name().to_owned(),
        horizon: config.label.horizon,
        classes: labels.classes.clone(),
        counts,
        mean_duration_bars: classes.len() as f64 / runs as f64,
        switches_per_1000_bars: 1000.0 * (runs - 1) as f64 / classes.len().max(1) as f64,
        shuffled: config.validation.shuffle_labels,
    }
}
