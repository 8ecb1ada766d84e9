//! One trial.

use serde::{Deserialize, Serialize};

use super::space::Values;

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TrialStatus {
    /// All folds.
    Done,
    /// It was no better than half of the others after some folds.
    Pruned,
    /// It could not be fitted.
    Failed,
}

/// What became of one set of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trial {
    /// From 0.
    pub(crate) number: usize,
    /// Values.
    pub(crate) values: Values,
    pub(crate) status: TrialStatus,
    /// Why it failed.
    pub(crate) failure: Option<String>,
    /// Mean log-loss of the rows up to and with each fold.
    pub(crate) running_losses: Vec<f64>,
    /// Accuracy on all rows; none when it did not come so far.
    pub(crate) accuracy: Option<f64>,
    /// Sharpe ratio per period after costs, where the label can be traded on.
    pub(crate) sharpe_ratio: Option<f64>,
    /// SHA-256 of its configuration.
    pub(crate) config_hash: String,
    /// Seconds that it took; enters nothing.
    pub(crate) seconds: f64,
}

impl Trial {
    /// Its log-loss over all folds.
    pub(crate) fn loss(&self) -> Option<f64> {
        self.running_losses.last().copied().filter(|_| self.status == TrialStatus::Done)
    }
}

/// The loss that the search learns from: of a pruned trial as much above the median of the finished ones as it was when it was
/// stopped, of a failed one the worst there is.
pub(crate) fn learnt(trials: &[&Trial]) -> Vec<f64> {
    let done: Vec<f64> = trials.iter().filter_map(|trial| trial.loss()).collect();
    let middle = median(&done);
    let worst = done.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    trials
        .iter()
        .map(|trial| match trial.status {
            TrialStatus::Done => trial.loss().unwrap_or(f64::INFINITY),
            TrialStatus::Failed => worst,
            TrialStatus::Pruned => {
                let folds = trial.running_losses.len();
                let then = median_after(trials, folds);
                let own = trial.running_losses.last().copied().unwrap_or(worst);
                middle.zip(then).map_or(own, |(middle, then)| middle + (own - then))
            }
        })
        .collect()
}

/// The median of the running loss after so many folds over the finished trials.
pub(crate) fn median_after(trials: &[&Trial], folds: usize) -> Option<f64> {
    let done = trials.iter().filter(|trial| trial.status == TrialStatus::Done);
    let losses: Vec<f64> = done.filter_map(|trial| trial.running_losses.get(folds - 1).copied()).collect();
    median(&losses)
}

fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    (!values.is_empty()).then(|| values[values.len() / 2])
}
