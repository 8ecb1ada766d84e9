//! What every model is measured against.
//!
//! Comes in: bars, their labels, and which rows a fold learns from and is tested on. Goes out: class probabilities
//! of the test rows. Baselines know labels that were resolved by then, which models never do, so they live here
//! and not among the models.

mod majority;
mod persistence;

use labels::Label;
use market::{Bar, ClassProbabilities};
use serde::{Deserialize, Serialize};

/// The baselines, in the order of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The training part's class shares.
    Majority,
    /// The last label that was resolved by then.
    Persistence,
}

/// What a baseline may look at in one fold.
pub struct BaselineView<'a> {
    /// All bars of the series.
    pub bars: &'a [Bar],
    /// Every label of the series; a baseline reads at most those resolved by the bar it answers for.
    pub labels: &'a [Option<Label>],
    /// Classes of the labels.
    pub n_classes: usize,
    /// Training rows, those held back for early stopping included.
    pub train: &'a [usize],
    /// Rows to answer for.
    pub test: &'a [usize],
}

impl Baseline {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Majority, Self::Persistence];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Majority => "majority",
            Self::Persistence => "persistence",
        }
    }

    /// Class probabilities of every test row.
    pub fn predict(self, view: &BaselineView<'_>) -> Vec<ClassProbabilities> {
        match self {
            Self::Majority => majority::predict(view),
            Self::Persistence => persistence::predict(view),
        }
    }
}

/// Counts as probabilities, each class with one row more than was seen.
fn smoothed(counts: &[usize]) -> ClassProbabilities {
    let total = (counts.iter().sum::<usize>() + counts.len()) as f64;
    let shares = counts.iter().map(|count| (count + 1) as f64 / total).collect();
    ClassProbabilities::new(shares).expect("smoothed counts are probabilities")
}
