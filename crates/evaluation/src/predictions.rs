//! Out-of-sample predictions, pooled over the folds.

use market::ClassProbabilities;

/// One out-of-sample row, the same for every model and baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestRow {
    /// Its bar in the series.
    pub bar: usize,
    /// The fold that tests it.
    pub fold: usize,
    /// What came.
    pub class: u8,
}

/// The rows and what one predictor said about each.
#[derive(Debug, Clone, Default)]
pub struct Predictions {
    /// Row-major `[n_rows, n_classes]`.
    pub values: Vec<f64>,
}

impl Predictions {
    /// Adds what was said about the next rows.
    pub fn extend(&mut self, answers: &[ClassProbabilities]) {
        for answer in answers {
            self.values.extend_from_slice(answer.values());
        }
    }

    /// Class probabilities of row `index`.
    pub fn row(&self, index: usize, n_classes: usize) -> &[f64] {
        &self.values[index * n_classes..(index + 1) * n_classes]
    }
}

/// The most probable class; the first of equals.
pub fn top(probabilities: &[f64]) -> usize {
    let better = |best: usize, (class, p): (usize, &f64)| if *p > probabilities[best] { class } else { best };
    probabilities.iter().enumerate().fold(0, better)
}
