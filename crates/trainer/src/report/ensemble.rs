//! What the report says of corrections, prediction sets and the ensemble.

use std::collections::BTreeMap;

use ensemble::{CalibrationMethod, CalibrationTrial};
use evaluation::{Difference, Metrics, ReliabilityBin};
use serde::Serialize;

/// What correcting a model's probabilities changed, on out-of-sample rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationReport {
    /// The correction of the exported model.
    pub method: CalibrationMethod,
    /// How each did on held-out rows later than those it was fitted on, where one was chosen; of the final refit.
    pub trials: Vec<CalibrationTrial>,
    /// Log-loss before.
    pub log_loss_before: f64,
    /// Expected calibration error before.
    pub ece_before: f64,
    /// Reliability of the predicted class before.
    pub reliability_before: Vec<ReliabilityBin>,
}

/// How often prediction sets held the truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PredictionSets {
    /// How often they should.
    pub nominal: f64,
    /// One threshold for all classes, found in the folds before: all rows behind the first fold.
    pub split: Coverage,
    /// One threshold for each class, following the outcomes as they become known: the same rows.
    pub adaptive: Coverage,
    /// The first, in the last third of all rows.
    pub split_last_third: Coverage,
    /// The second, in the last third of all rows.
    pub adaptive_last_third: Coverage,
}

/// Sets of some rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coverage {
    /// Rows.
    pub rows: usize,
    /// Share of sets that held the class that came.
    pub coverage: f64,
    /// Classes in a set, on average.
    pub mean_size: f64,
    /// Share of sets of one class: the others are abstentions.
    pub single_share: f64,
    /// Share of empty sets.
    pub empty_share: f64,
    /// By the class that came.
    pub classes: Vec<ClassCoverage>,
}

/// Sets of the rows of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassCoverage {
    /// Class.
    pub class: String,
    /// Rows.
    pub rows: usize,
    /// Share of sets that held it; none without rows.
    pub coverage: Option<f64>,
}

/// How often forecast intervals of the return held it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastIntervalReport {
    /// Bars ahead.
    pub horizon: usize,
    /// How often they should.
    pub nominal: f64,
    /// As the forecaster has them.
    pub forecast: IntervalCoverage,
    /// Widened by what the bars before each fold ask for.
    pub conformal: IntervalCoverage,
    /// Widened by a margin that follows the outcomes.
    pub adaptive: IntervalCoverage,
    /// The first, in the last third of the rows.
    pub forecast_last_third: IntervalCoverage,
    /// The second, in the last third of the rows.
    pub conformal_last_third: IntervalCoverage,
    /// The third, in the last third of the rows.
    pub adaptive_last_third: IntervalCoverage,
}

/// Intervals of some rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IntervalCoverage {
    /// Rows whose outcome is known.
    pub rows: usize,
    /// Share that held what came.
    pub coverage: f64,
    /// Mean width, in log return.
    pub mean_width: f64,
}

/// How members became one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnsembleReport {
    /// Weights before anything is known, divided by the sum of all.
    pub priors: BTreeMap<String, f64>,
    /// Fold by fold.
    pub folds: Vec<EnsembleWeights>,
    /// Of the exported ensemble; none when it failed.
    pub exported: Option<EnsembleWeights>,
    /// The member with the least log-loss.
    pub best_member: Option<String>,
    /// The ensemble against each member: below zero its log-loss is less.
    pub versus_members: BTreeMap<String, Difference>,
    /// Other ways to weigh the same members, on the same rows.
    pub weightings: Vec<WeightingScores>,
    /// Thirds of the rows by how far the members disagree, least first.
    pub disagreement: Vec<DisagreementScores>,
}

/// What one fold's ensemble, or the exported one, is made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnsembleWeights {
    /// Fold; none for the exported one.
    pub fold: Option<usize>,
    /// Rows of earlier folds that weights and correction were learnt from.
    pub rows: usize,
    /// Weight of each member, summing to one.
    pub weights: BTreeMap<String, f64>,
    /// How their mean is corrected.
    pub calibration: CalibrationMethod,
    /// Members that are missing, and why.
    pub missing: BTreeMap<String, String>,
}

/// One way to weigh the members.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeightingScores {
    /// `equal`, `priors`, `learned` (not corrected), `rolling` (by the newest resolved predictions) or `ensemble`.
    pub name: String,
    /// Scores.
    pub metrics: Metrics,
    /// Against the best member.
    pub versus_best_member: Option<Difference>,
}

/// Rows whose members disagree about as much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DisagreementScores {
    /// Rows.
    pub rows: usize,
    /// Mean disagreement, in nats.
    pub disagreement: f64,
    /// Accuracy of the ensemble.
    pub accuracy: f64,
    /// Log-loss of the ensemble.
    pub log_loss: f64,
}
