//! Sums over rows, from which most scores follow.

use crate::predictions::{Predictions, TestRow, top};
use crate::scores::ClassScores;

/// Probabilities below this score as this: one impossible event must not cost infinity.
const SMALLEST_PROBABILITY: f64 = 1e-15;

/// Additive sums of a stretch of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    n_classes: usize,
    log_loss: f64,
    brier: f64,
    /// `[true][predicted]`, row-major.
    confusion: Vec<f64>,
}

/// −ln p(true class) of each row.
pub fn log_losses(rows: &[TestRow], predictions: &Predictions, n_classes: usize) -> Vec<f64> {
    rows.iter()
        .enumerate()
        .map(|(index, row)| {
            -predictions.row(index, n_classes)[usize::from(row.class)].max(SMALLEST_PROBABILITY).ln()
        })
        .collect()
}

impl Tally {
    /// No rows of `n_classes` classes.
    pub fn empty(n_classes: usize) -> Self {
        Self { n_classes, log_loss: 0.0, brier: 0.0, confusion: vec![0.0; n_classes * n_classes] }
    }

    /// Adds one row.
    pub fn add(&mut self, class: u8, probabilities: &[f64]) {
        let class = usize::from(class);
        self.log_loss -= probabilities[class].max(SMALLEST_PROBABILITY).ln();
        self.brier += probabilities
            .iter()
            .enumerate()
            .map(|(k, p)| (p - f64::from(u8::from(k == class))).powi(2))
            .sum::<f64>();
        self.confusion[class * self.n_classes + top(probabilities)] += 1.0;
    }

    /// Adds the rows between two prefix sums.
    pub fn add_between(&mut self, from: &Self, until: &Self) {
        self.log_loss += until.log_loss - from.log_loss;
        self.brier += until.brier - from.brier;
        for (sum, (until, from)) in self.confusion.iter_mut().zip(until.confusion.iter().zip(&from.confusion))
        {
            *sum += until - from;
        }
    }

    /// All rows.
    pub fn of(rows: &[TestRow], predictions: &Predictions, n_classes: usize) -> Self {
        let mut tally = Self::empty(n_classes);
        for (index, row) in rows.iter().enumerate() {
            tally.add(row.class, predictions.row(index, n_classes));
        }
        tally
    }

    fn rows(&self) -> f64 {
        self.confusion.iter().sum()
    }

    fn cell(&self, class: usize, predicted: usize) -> f64 {
        self.confusion[class * self.n_classes + predicted]
    }

    fn actual(&self, class: usize) -> f64 {
        (0..self.n_classes).map(|predicted| self.cell(class, predicted)).sum()
    }

    fn called(&self, predicted: usize) -> f64 {
        (0..self.n_classes).map(|class| self.cell(class, predicted)).sum()
    }

    fn right(&self) -> f64 {
        (0..self.n_classes).map(|class| self.cell(class, class)).sum()
    }

    /// Share of rows whose most probable class is right.
    pub fn accuracy(&self) -> f64 {
        self.right() / self.rows()
    }

    /// Mean −ln p(true class), in nats.
    pub fn log_loss(&self) -> f64 {
        self.log_loss / self.rows()
    }

    /// Mean Σ (p − truth)², in [0, 2].
    pub fn brier(&self) -> f64 {
        self.brier / self.rows()
    }

    /// Mean recall over the classes that occur.
    pub fn balanced_accuracy(&self) -> f64 {
        let recalls: Vec<f64> = (0..self.n_classes)
            .filter(|class| self.actual(*class) > 0.0)
            .map(|class| self.cell(class, class) / self.actual(class))
            .collect();
        recalls.iter().sum::<f64>() / recalls.len() as f64
    }

    /// Mean F1 over the classes that occur or are called; 0 for one that is never right.
    pub fn macro_f1(&self) -> f64 {
        let scores: Vec<f64> = (0..self.n_classes)
            .filter(|class| self.actual(*class) + self.called(*class) > 0.0)
            .map(|class| 2.0 * self.cell(class, class) / (self.actual(class) + self.called(class)))
            .collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    }

    /// Matthews correlation coefficient for any number of classes (Gorodkin 2004); 0 when either side has
    /// one class only.
    pub fn matthews(&self) -> f64 {
        let n = self.rows();
        let k = 0..self.n_classes;
        let cross: f64 = k.clone().map(|class| self.actual(class) * self.called(class)).sum();
        let actual: f64 = k.clone().map(|class| self.actual(class).powi(2)).sum();
        let called: f64 = k.map(|class| self.called(class).powi(2)).sum();
        let scale = ((n * n - called) * (n * n - actual)).sqrt();
        if scale > 0.0 { (self.right() * n - cross) / scale } else { 0.0 }
    }

    /// `[true][predicted]` counts.
    pub fn confusion_matrix(&self) -> Vec<Vec<u64>> {
        self.confusion
            .chunks(self.n_classes)
            .map(|row| row.iter().map(|count| *count as u64).collect())
            .collect()
    }

    /// Precision, recall and F1 of each class.
    pub fn per_class(&self, names: &[String]) -> Vec<ClassScores> {
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        names
            .iter()
            .enumerate()
            .map(|(class, name)| {
                let (hit, actual, called) = (self.cell(class, class), self.actual(class), self.called(class));
                ClassScores {
                    class: name.clone(),
                    rows: actual as u64,
                    precision: share(hit, called),
                    recall: share(hit, actual),
                    f1: share(2.0 * hit, actual + called),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores of six rows as scikit-learn 1.7 computes them (`accuracy_score`, `balanced_accuracy_score`,
    /// `f1_score(average="macro")`, `log_loss`, `matthews_corrcoef`); Brier by its definition.
    #[test]
    fn scores_of_six_rows() {
        let classes = [0_u8, 0, 1, 1, 2, 2];
        let probabilities = [
            [0.7, 0.2, 0.1],
            [0.3, 0.6, 0.1],
            [0.1, 0.8, 0.1],
            [0.2, 0.5, 0.3],
            [0.2, 0.2, 0.6],
            [0.5, 0.1, 0.4],
        ];
        let mut tally = Tally::empty(3);
        for (class, row) in classes.iter().zip(&probabilities) {
            tally.add(*class, row);
        }
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        close(tally.accuracy(), 4.0 / 6.0);
        close(tally.balanced_accuracy(), (0.5 + 1.0 + 0.5) / 3.0);
        close(tally.macro_f1(), (0.5 + 0.8 + 2.0 / 3.0) / 3.0);
        close(tally.log_loss(), -(0.7_f64 * 0.3 * 0.8 * 0.5 * 0.6 * 0.4).ln() / 6.0);
        close(tally.brier(), (0.14 + 0.86 + 0.06 + 0.38 + 0.24 + 0.62) / 6.0);
        close(tally.matthews(), (4.0 * 6.0 - 12.0) / ((36.0_f64 - 14.0) * (36.0 - 12.0)).sqrt());
        assert_eq!(tally.confusion_matrix(), [[1, 1, 0], [0, 2, 0], [1, 0, 1]]);
    }
}
