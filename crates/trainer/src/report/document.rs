//! The report as data: what `report.json` holds and the HTML page shows. Its JSON Schema is
//! `schemas/report.schema.json`.

use std::collections::BTreeMap;

use data::QualityReport;
use evaluation::{
    BacktestOverfitting, BrierDecomposition, ClassScores, Comparison, CostPoint, DetectionScores, Difference,
    Estimate, GroupEconomics, GroupScores, Interval, Metrics, ReliabilityBin, SelectiveAccuracy, SplitScheme,
};
use labels::LabelBalance;
use market::{Classes, Timestamp};
use models::{EpochReport, StopReason};
use pipeline::GitState;
use serde::Serialize;
use serde_json::Value;

pub use super::ensemble::{
    CalibrationReport, ClassCoverage, Coverage, DisagreementScores, EnsembleReport, EnsembleWeights,
    ForecastIntervalReport, IntervalCoverage, PredictionSets, WeightingScores,
};
pub use super::explanation::{AttentionReport, Contribution, Explanation};
pub use super::importance::{ClusterImportance, FeatureCluster, FeatureImportance};

/// Whether a fit succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every fold and the final refit.
    Ok,
    /// At least one of them failed: no scores are given and no bundle is written.
    Failed,
}

/// What became of one fold of one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldStatus {
    /// Fitted and scored.
    Ok,
    /// The model could not be fitted.
    Failed,
    /// The fold can't be fitted or answered for, whatever the model.
    LeftOut,
}

/// One fold of one model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldScores {
    /// Number, from 0.
    pub fold: usize,
    /// Whether it was fitted.
    pub status: FoldStatus,
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
    /// Why a network's training ended.
    pub stopped: Option<StopReason>,
}

/// One model.
#[derive(Debug, Clone, Serialize)]
pub struct ModelReport {
    /// Such as `random_forest`; `ensemble` for all of them together.
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
    /// The same with its interval.
    pub mcc_interval: Option<Interval>,
    /// Expected calibration error over bins of equal mass.
    pub ece: Option<f64>,
    /// The same with its interval.
    pub ece_interval: Option<Estimate>,
    /// Murphy's parts of the Brier score.
    pub brier_parts: Option<BrierDecomposition>,
    /// Accuracy of the most confident calls.
    pub selective: Option<SelectiveAccuracy>,
    /// How the predicted class follows the class that came; none where rows are answered several times.
    pub transitions: Option<DetectionScores>,
    /// Scores of parts of the rows.
    pub groups: Vec<GroupReport>,
    /// `[true class][predicted class]` row counts.
    pub confusion_matrix: Vec<Vec<u64>>,
    /// Scores of each class.
    pub per_class: Vec<ClassScores>,
    /// Reliability of the predicted class.
    pub reliability: Vec<ReliabilityBin>,
    /// What correcting its probabilities changed; none where nothing was corrected.
    pub calibration: Option<CalibrationReport>,
    /// How often its prediction sets held the truth; none where folds do not follow each other.
    pub prediction_sets: Option<PredictionSets>,
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

/// Scores of the rows of each group.
#[derive(Debug, Clone, Serialize)]
pub struct GroupReport {
    /// What rows are grouped by: `class` (that came), `change` (against the last one known), `age` (of the
    /// model), `month`, `volatility` (third, of these rows) or `symbol`.
    pub by: String,
    /// Groups that have rows.
    pub groups: Vec<GroupScores>,
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldSpans {
    /// Number, from 0.
    pub fold: usize,
    /// The symbol whose rows are answered for by models of the others.
    pub symbol_left_out: Option<String>,
    /// Rows the models learned from.
    pub train: Span,
    /// Stretches of them: several where the split also learns from behind the test rows.
    pub train_parts: Vec<Span>,
    /// Rows that decided when to stop; none when no model needs them.
    pub early_stopping: Option<Span>,
    /// Training rows dropped because their label would have looked into the next block.
    pub purged_rows: usize,
    /// Training rows dropped because they look back into a test block.
    pub embargoed_rows: usize,
    /// Rows that were predicted.
    pub test: Span,
    /// Stretches of them.
    pub test_parts: Vec<Span>,
    /// True when it could not be fitted or answered for.
    pub left_out: bool,
    /// Why, and whatever else is unlike other folds.
    pub notes: Vec<String>,
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
    /// Balance and durations of each symbol.
    pub symbols: Vec<SymbolBalance>,
    /// The best single feature of each symbol: an alarm for leaks.
    pub best_features: Vec<BestFeature>,
    /// True when the training labels were shuffled on purpose (negative control).
    pub shuffled: bool,
}

/// The label of one symbol.
#[derive(Debug, Clone, Serialize)]
pub struct SymbolBalance {
    /// Symbol.
    pub symbol: String,
    /// Balance and durations.
    #[serde(flatten)]
    pub balance: LabelBalance,
}

/// How far the best single feature gets on later rows, by a rule of twenty steps.
#[derive(Debug, Clone, Serialize)]
pub struct BestFeature {
    /// Symbol.
    pub symbol: String,
    /// Column.
    pub feature: String,
    /// Accuracy on the last 40% of the rows.
    pub accuracy: f64,
    /// That of the commonest class.
    pub majority: f64,
    /// That of the last class known.
    pub persistence: f64,
    /// Rows of the last 40%.
    pub test_rows: usize,
    /// Features that alone are right so often that they have probably seen the outcome.
    pub alarming: Vec<String>,
}

/// How the rows were split.
#[derive(Debug, Clone, Serialize)]
pub struct ValidationReport {
    /// `walk_forward`, `time_series`, `monte_carlo`, `purged_k_fold` or `combinatorial`.
    pub method: String,
    /// Where training rows lie: `anchored`, `rolling`, `random` or `around` the test rows.
    pub mode: String,
    /// The way to split with all its values.
    pub split: SplitScheme,
    /// True when every fold learns from rows before its test rows only, as it would live.
    pub trains_on_past_only: bool,
    /// True when rows are answered for by several folds.
    pub repeats_test_rows: bool,
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

/// Trading on the predictions, next bar, after costs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EconomicsReport {
    /// How probabilities become exposure, in words.
    pub rule: String,
    /// Why there are no results.
    pub not_applicable: Option<String>,
    /// Results of each model on each symbol.
    pub models: Vec<ModelEconomics>,
    /// Annual Sharpe ratio of each model and baseline, mean over symbols and paths.
    pub sharpe_ratios: BTreeMap<String, f64>,
    /// How probably the best of all models and baselines is only the luckiest; none with fewer than ten.
    pub overfitting: Option<BacktestOverfitting>,
    /// Why there is no such probability.
    pub overfitting_missing: Option<String>,
}

/// One model on one symbol.
#[derive(Debug, Clone, Serialize)]
pub struct ModelEconomics {
    /// Model.
    pub model: String,
    /// Symbol.
    pub symbol: String,
    /// Beside buy-and-hold and always-flat. Where the split answers every row several times, of the first path.
    pub result: Comparison,
    /// Annual Sharpe ratio of each path through the rows.
    pub path_sharpe_ratios: Vec<Option<f64>>,
    /// By predicted class, month and volatility.
    pub groups: Vec<EconomicGroups>,
    /// At other fees and one bar later.
    pub sensitivity: Vec<CostPoint>,
    /// Capital after each bar, thinned, beside that of buy-and-hold.
    #[serde(skip)]
    pub equity: Vec<EquityPoint>,
}

/// Results of parts of the bars.
#[derive(Debug, Clone, Serialize)]
pub struct EconomicGroups {
    /// `regime` (predicted), `month` or `volatility`.
    pub by: String,
    /// Groups that have bars.
    pub groups: Vec<GroupEconomics>,
}

/// Capital at one bar, 1 at the start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EquityPoint {
    /// Close time.
    pub time: Timestamp,
    /// Of the strategy.
    pub strategy: f64,
    /// Of buy-and-hold.
    pub held: f64,
}

/// The sealed final period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SealedReport {
    /// Open time of its first bar.
    pub from: Timestamp,
    /// Usable rows in it.
    pub rows: usize,
    /// Runs that looked behind the seal of these bars before, by name and time.
    pub opened_before: Vec<String>,
    /// Scores behind the seal, when this run opened it.
    pub scores: Option<SealedScores>,
}

/// What the final refit of each model is worth behind the seal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SealedScores {
    /// Scores of each model.
    pub models: BTreeMap<String, Metrics>,
    /// Scores of each baseline that learnt from the same rows.
    pub baselines: BTreeMap<String, Metrics>,
    /// Each model against each baseline.
    pub versus: BTreeMap<String, BTreeMap<String, Difference>>,
    /// One sentence per model.
    pub verdicts: Vec<String>,
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
    /// Class that the ensemble, or the first model, predicted.
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
    /// Bars; of a pool, those of its first symbol.
    pub data: DataReport,
    /// Bars of every symbol of a pool; empty without one.
    pub pool: Vec<DataReport>,
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
    /// How often forecast intervals held the return; none without forecast columns.
    pub forecast_intervals: Option<ForecastIntervalReport>,
    /// How the models became one; none without an ensemble.
    pub ensemble: Option<EnsembleReport>,
    /// Accuracy of models and baselines on the rows whose class is another than the last one known.
    pub changed_bars: BTreeMap<String, Estimate>,
    /// What trading on the predictions would have brought.
    pub economics: EconomicsReport,
    /// The final period that nobody looked at; none when none is sealed.
    pub sealed: Option<SealedReport>,
    /// Features by model, most important first.
    pub feature_importance: Vec<FeatureImportance>,
    /// Features that move together; every feature is in one cluster. Empty where it was not measured.
    pub feature_clusters: Vec<FeatureCluster>,
    /// Clusters by model, most important first.
    pub cluster_importance: Vec<ClusterImportance>,
    /// One prediction of each model with trees, taken apart.
    pub explanations: Vec<Explanation>,
    /// Where in its windows each network looks.
    pub attention: Vec<AttentionReport>,
    /// Tries on these bars.
    pub trials: Trials,
    /// The effective configuration.
    pub config: Value,
    /// Price and first model's predictions, thinned, for the timeline.
    #[serde(skip)]
    pub timeline: Vec<TimelinePoint>,
}

impl Report {
    /// The prediction of a model that is taken apart.
    pub(super) fn explanation_of(&self, model: &str) -> Option<&Explanation> {
        self.explanations.iter().find(|explanation| explanation.model == model)
    }
}
