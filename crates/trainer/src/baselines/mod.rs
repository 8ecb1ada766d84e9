//! What every model is measured against. Baselines know labels that were resolved by then, which models
//! never do, so they live here and not among the models.

mod majority;
mod persistence;

use labels::Label;
use market::{Bar, ClassProbabilities};
use serde::{Deserialize, Serialize};

/// The baselines, in the order of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Baseline {
    /// The training part's class shares.
    Majority,
    /// The last label that was resolved by then.
    Persistence,
}

/// What a baseline may look at in one fold.
pub(crate) struct BaselineView<'a> {
    pub(crate) bars: &'a [Bar],
    /// Every label of the series; a baseline reads at most those resolved by the bar it answers for.
    pub(crate) labels: &'a [Option<Label>],
    pub(crate) n_classes: usize,
    /// Training rows, those held back for early stopping included.
    pub(crate) train: &'a [usize],
    pub(crate) test: &'a [usize],
}

impl Baseline {
    pub(crate) const ALL: [Self; 2] = [Self::Majority, Self::Persistence];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Majority => "majority",
            Self::Persistence => "persistence",
        }
    }

    /// Class probabilities of every test row.
    pub(crate) fn predict(self, view: &BaselineView<'_>) -> Vec<ClassProbabilities> {
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
