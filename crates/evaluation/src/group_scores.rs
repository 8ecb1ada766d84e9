//! Scores of each group of rows: where a model is good, and whether it decays.

use serde::Serialize;

use crate::block_length::effective_rows;
use crate::bootstrap::Bootstrap;
use crate::grouping::Grouping;
use crate::predictions::{Predictions, TestRow};
use crate::scores::Estimate;
use crate::tally::log_losses;

/// Scores of the rows of one group. An interval is missing where the group's rows are missing from more than
/// one draw in twenty; the value stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupScores {
    /// Name of the group.
    pub group: String,
    /// Rows in it.
    pub rows: u64,
    /// How many independent rows they are worth, by the autocorrelation of their log-losses as they follow
    /// each other in the group.
    pub effective_rows: f64,
    /// Share of rows whose most probable class is right.
    pub accuracy: Estimate,
    /// Mean recall of the classes that occur in the group.
    pub balanced_accuracy: Estimate,
    /// Mean −ln p(true class), in nats.
    pub log_loss: Estimate,
    /// Mean Σ (p − truth)².
    pub brier: Estimate,
}

/// Scores every group that has rows, on the draws of all rows.
///
/// # Panics
/// When predictions or grouping have fewer rows than there are.
pub fn group_scores(
    bootstrap: &Bootstrap,
    rows: &[TestRow],
    predictions: &Predictions,
    n_classes: usize,
    grouping: &Grouping,
) -> Vec<GroupScores> {
    let losses = log_losses(rows, predictions, n_classes);
    let scores = |(group, name): (usize, &String)| {
        let inside = grouping.inside(group);
        let scores = bootstrap.score_part(rows, predictions, &inside)?;
        let part: Vec<f64> =
            losses.iter().zip(&inside).filter(|(_, inside)| **inside).map(|(loss, _)| *loss).collect();
        let [accuracy, balanced_accuracy, log_loss, brier] = scores.estimates();
        Some(GroupScores {
            group: name.clone(),
            rows: part.len() as u64,
            effective_rows: effective_rows(&part),
            accuracy,
            balanced_accuracy,
            log_loss,
            brier,
        })
    };
    grouping.names().iter().enumerate().filter_map(scores).collect()
}
