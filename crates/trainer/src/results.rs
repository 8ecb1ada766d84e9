//! Out-of-sample predictions, pooled over the folds.

use market::ClassProbabilities;

/// One out-of-sample row, the same for every model and baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TestRow {
    pub(crate) bar: usize,
    pub(crate) fold: usize,
    pub(crate) class: u8,
}

/// The rows and what one predictor said about each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Predictions {
    /// Row-major `[n_rows, n_classes]`.
    pub(crate) values: Vec<f64>,
}

impl Predictions {
    pub(crate) fn extend(&mut self, answers: &[ClassProbabilities]) {
        for answer in answers {
            self.values.extend_from_slice(answer.values());
        }
    }

    pub(crate) fn row(&self, index: usize, n_classes: usize) -> &[f64] {
        &self.values[index * n_classes..(index + 1) * n_classes]
    }
}

/// The most probable class; the first of equals.
pub(crate) fn top(probabilities: &[f64]) -> usize {
    let better = |best: usize, (class, p): (usize, &f64)| if *p > probabilities[best] { class } else { best };
    probabilities.iter().enumerate().fold(0, better)
}
