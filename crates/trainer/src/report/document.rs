//! The report as data: what `report.json` holds and the HTML page shows. Its JSON Schema is
//! `schemas/report.schema.json`.

use std::collections::BTreeMap;

use data::QualityReport;
use evaluation::{ClassScores, Difference, Metrics, ReliabilityBin};
use market::{Classes, Timestamp};
use models::EpochReport;
use pipeline::GitState;
use serde::Serialize;
use serde_json::Value;

/// Whether a fit succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every fold and the final refit.
    Ok,
    /// At least one of them failed: no scores are given and no bundle is written.
    Failed,
}

/// One fold of one model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldScores {
    /// Number, from 0.
    pub fold: usize,
    /// Whether it was fitted.
    pub status: Status,
    /// Why not.
    pub failure: Option<String>,
    /// Out-of-sample rows.
    pub rows: usize,
    /// Accuracy on them.
    pub accuracy: Option<f64>,
    /// Log-loss on them.
    pub log_loss: Option<f64>,
    /// A network's epochs.
    pub epochs: Vec<EpochReport>,
}

/// One model.
#[derive(Debug, Clone, Serialize)]
pub struct ModelReport {
    /// `random_forest`, `lstm`, `transformer`.
    pub name: String,
    /// Label kind it was trained on.
    pub label: String,
    /// One plain sentence: does it beat every baseline out of sample?
    pub verdict: String,
    /// The same as a flag: its log-loss interval against every baseline is below zero.
    pub beats_every_baseline: bool,
    /// Whether it could be fitted.
    pub status: Status,
    /// Scores; none when it failed.
    pub metrics: Option<Metrics>,
    /// Matthews correlation coefficient (multi-class), in [−1, 1].
    pub mcc: Option<f64>,
    /// Expected calibration error over bins of equal mass.
    pub ece: Option<f64>,
    /// `[true class][predicted class]` row counts.
    pub confusion_matrix: Vec<Vec<u64>>,
    /// Scores of each class.
    pub per_class: Vec<ClassScores>,
    /// Reliability of the predicted class.
    pub reliability: Vec<ReliabilityBin>,
    /// Against each baseline.
    pub versus: BTreeMap<String, Difference>,
    /// Fold by fold.
    pub folds: Vec<FoldScores>,
    /// Accuracy on rows that a forest's trees did not see while training (flatters: rows overlap in time).
    pub out_of_bag_accuracy: Option<f64>,
    /// Directory of the bundle, relative to the artifacts directory; none when it failed.
    pub bundle: Option<String>,
    /// Content hash of the bundle.
    pub content_hash: Option<String>,
}

/// How much one model leans on one feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureImportance {
    /// Model.
    pub model: String,
    /// Feature.
    pub feature: String,
    /// Mean decrease of impurity, summing to one over the features; none for networks.
    pub impurity: Option<f64>,
    /// Increase of out-of-sample log-loss when the feature is shuffled, in nats.
    pub permutation: f64,
}

/// A stretch of bars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Span {
    /// Close time of the first bar.
    pub from: Timestamp,
    /// Close time of the last bar.
    pub until: Timestamp,
    /// Rows in it.
    pub rows: usize,
}

/// Where a fold learned and where it was tested.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FoldSpans {
    /// Number, from 0.
    pub fold: usize,
    /// Rows the models learned from.
    pub train: Span,
    /// Rows that decided when to stop; none when no model needs them.
    pub early_stopping: Option<Span>,
    /// Training rows dropped because their label would have looked into the next block.
    pub purged_rows: usize,
    /// Rows that were predicted.
    pub test: Span,
}

/// The bars.
#[derive(Debug, Clone, Serialize)]
pub struct DataReport {
    /// As given.
    pub path: String,
    /// Symbol.
    pub symbol: String,
    /// Such as `5m`.
    pub timeframe: String,
    /// SHA-256 of the bars.
    pub fingerprint: String,
    /// What was found in them.
    pub quality: QualityReport,
    /// Bars with a label and enough past for every model.
    pub usable_rows: usize,
}

/// The label on all usable rows.
#[derive(Debug, Clone, Serialize)]
pub struct LabelReport {
    /// Kind.
    pub kind: String,
    /// Bars ahead.
    pub horizon: usize,
    /// Classes.
    pub classes: Classes,
    /// Rows of each class.
    pub counts: Vec<usize>,
    /// Mean run of one class, in bars.
    pub mean_duration_bars: f64,
    /// Changes per 1,000 bars.
    pub switches_per_1000_bars: f64,
    /// True when the training labels were shuffled on purpose (negative control).
    pub shuffled: bool,
}

/// How the rows were split.
#[derive(Debug, Clone, Serialize)]
pub struct ValidationReport {
    /// `walk_forward`.
    pub method: String,
    /// `anchored` or `rolling`.
    pub mode: String,
    /// Folds.
    pub folds: Vec<FoldSpans>,
    /// Out-of-sample rows over all folds.
    pub out_of_sample_rows: usize,
    /// How many independent rows they are worth, judged by the first model's log-loss.
    pub effective_rows: f64,
    /// Mean block of the bootstrap, in rows.
    pub block_length: f64,
    /// Draws of the bootstrap.
    pub bootstrap_draws: usize,
}

/// How often models were tried on these bars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trials {
    /// Models × configurations ever scored on this data fingerprint, this run's included.
    pub on_this_data: usize,
}

/// A thin sample of price and out-of-sample prediction for the regime timeline.
#[derive(Debug, Clone, Serialize)]
pub struct TimelinePoint {
    /// Close time.
    pub time: Timestamp,
    /// Close.
    pub close: f64,
    /// True class.
    pub label: u8,
    /// Class that the first model predicted.
    pub predicted: u8,
}

/// Everything a run has to say.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Format of this document.
    pub format_version: u32,
    /// Name of the run.
    pub run: String,
    /// When, RFC 3339, UTC.
    pub created_at: String,
    /// Version of the program.
    pub program_version: String,
    /// Source state.
    pub git: GitState,
    /// The words of the command that repeats the run.
    pub command: Vec<String>,
    /// Seed.
    pub seed: u64,
    /// One sentence per model.
    pub verdicts: Vec<String>,
    /// Bars.
    pub data: DataReport,
    /// Label.
    pub label: LabelReport,
    /// Splits.
    pub validation: ValidationReport,
    /// Models.
    pub models: Vec<ModelReport>,
    /// Scores of each baseline.
    pub baselines: BTreeMap<String, Metrics>,
    /// Baselines without scores, and why: failed, or not made for this label.
    pub baselines_left_out: BTreeMap<String, String>,
    /// Features by model, most important first.
    pub feature_importance: Vec<FeatureImportance>,
    /// Tries on these bars.
    pub trials: Trials,
    /// The effective configuration.
    pub config: Value,
    /// Price and first model's predictions, thinned, for the timeline.
    #[serde(skip)]
    pub timeline: Vec<TimelinePoint>,
}
