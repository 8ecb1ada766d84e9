//! Scores on the resamples of the pooled out-of-sample rows.

use market::Seed;

use super::auc::{mean_area, ranked};
use super::calibration::mass_bins;
use super::tally::Tally;
use crate::predictions::{Predictions, TestRow, top};
use crate::resamples::{Resamples, estimate, interval};
use crate::scores::{Difference, Estimate, Interval, Metrics};

/// Accuracy, balanced accuracy, macro F1, log-loss, Brier, area under the curve, Matthews.
const SCORES: usize = 7;

/// Resamples that every model and baseline share, so that differences are paired.
pub struct Bootstrap {
    n_classes: usize,
    resamples: Resamples,
}

/// One predictor's scores on the rows and on every draw.
#[derive(Debug, Clone)]
pub struct BootstrapScores {
    point: [f64; SCORES],
    /// None where a draw holds none of the rows.
    draws: Vec<Option<[f64; SCORES]>>,
}

impl Bootstrap {
    /// `n_draws` resamples of `n_rows` rows in blocks of `mean_block` rows on average.
    pub fn new(n_rows: usize, n_classes: usize, mean_block: f64, n_draws: usize, seed: Seed) -> Self {
        Self { n_classes, resamples: Resamples::new(n_rows, mean_block, n_draws, seed) }
    }

    /// The draws.
    pub fn resamples(&self) -> &Resamples {
        &self.resamples
    }

    /// Scores one predictor on the rows and on every draw.
    ///
    /// # Panics
    /// When there are fewer predictions than rows.
    pub fn score(&self, rows: &[TestRow], predictions: &Predictions) -> BootstrapScores {
        let all: Vec<usize> = (0..=self.resamples.n_rows()).collect();
        self.score_rows(rows, predictions, &all)
    }

    /// Scores one predictor on the rows that are `inside`, and on those of them that every draw holds: the
    /// part's size varies between the draws as it would between periods. None when no row is inside.
    ///
    /// # Panics
    /// When there are fewer predictions or marks than rows.
    pub fn score_part(
        &self,
        rows: &[TestRow],
        predictions: &Predictions,
        inside: &[bool],
    ) -> Option<BootstrapScores> {
        let k = self.n_classes;
        let mut before = vec![0];
        let mut part = Vec::new();
        let mut said = Predictions::default();
        for (index, row) in rows.iter().enumerate() {
            if inside[index] {
                part.push(*row);
                said.values.extend_from_slice(predictions.row(index, k));
            }
            before.push(part.len());
        }
        (!part.is_empty()).then(|| self.score_rows(&part, &said, &before))
    }

    /// `before[i]` of the scored rows come before row `i` of the resamples.
    fn score_rows(&self, rows: &[TestRow], predictions: &Predictions, before: &[usize]) -> BootstrapScores {
        let k = self.n_classes;
        let mut prefix = Vec::with_capacity(rows.len() + 1);
        let mut tally = Tally::empty(k);
        prefix.push(tally.clone());
        for (index, row) in rows.iter().enumerate() {
            tally.add(row.class, predictions.row(index, k));
            prefix.push(tally.clone());
        }
        let scores = |tally: &Tally, auc: f64| {
            [
                tally.accuracy(),
                tally.balanced_accuracy(),
                tally.macro_f1(),
                tally.log_loss(),
                tally.brier(),
                auc,
                tally.matthews(),
            ]
        };
        let exact = mean_area(&ranked(rows, predictions, k, true), &[(0, rows.len())]);
        let binned = ranked(rows, predictions, k, false);
        let draws = self.resamples.map(|ranges| {
            let held: Vec<(usize, usize)> = ranges
                .iter()
                .map(|&(from, until)| (before[from], before[until]))
                .filter(|(from, until)| from < until)
                .collect();
            let mut drawn = Tally::empty(k);
            for &(from, until) in &held {
                drawn.add_between(&prefix[from], &prefix[until]);
            }
            (!held.is_empty()).then(|| scores(&drawn, mean_area(&binned, &held)))
        });
        BootstrapScores { point: scores(&tally, exact), draws }
    }

    /// Expected calibration error with its interval, on the bins of all rows. Resamples of few rows lean
    /// above it, because distances do not cancel. None without rows.
    ///
    /// # Panics
    /// When there are fewer predictions than rows.
    pub fn calibration_error(&self, rows: &[TestRow], predictions: &Predictions) -> Option<Estimate> {
        let n = rows.len();
        let said = |row: usize| predictions.row(row, self.n_classes);
        let confidence: Vec<f64> = (0..n).map(|row| said(row)[top(said(row))]).collect();
        let bins = mass_bins(&confidence);
        let k = bins.len();
        let mut bin_of = vec![0; n];
        for (bin, members) in bins.iter().enumerate() {
            for &row in members {
                bin_of[row] = bin;
            }
        }
        // Confidence minus hits of each bin, summed over the rows before each row.
        let mut before = vec![0.0; (n + 1) * k];
        for (row, truth) in rows.iter().enumerate() {
            before.copy_within(row * k..(row + 1) * k, (row + 1) * k);
            let hit = f64::from(u8::from(top(said(row)) == usize::from(truth.class)));
            before[(row + 1) * k + bin_of[row]] += confidence[row] - hit;
        }
        let error = |ranges: &[(usize, usize)]| {
            let distance = |bin: usize| -> f64 {
                let sum = |&(from, until): &(usize, usize)| before[until * k + bin] - before[from * k + bin];
                ranges.iter().map(sum).sum::<f64>().abs()
            };
            (n > 0).then(|| (0..k).map(distance).sum::<f64>() / n as f64)
        };
        error(&[(0, n)]).map(|value| self.resamples.estimate(value, error))
    }
}

impl BootstrapScores {
    fn interval(&self, place: usize) -> Interval {
        interval(self.point[place], self.draws.iter().flatten().map(|draw| draw[place]).collect())
    }

    /// Every score with its interval.
    pub fn metrics(&self) -> Metrics {
        Metrics {
            accuracy: self.interval(0),
            balanced_accuracy: self.interval(1),
            macro_f1: self.interval(2),
            log_loss: self.interval(3),
            brier: self.interval(4),
            roc_auc: self.interval(5),
        }
    }

    /// Matthews correlation coefficient.
    pub fn matthews(&self) -> Interval {
        self.interval(6)
    }

    /// Accuracy, balanced accuracy, log-loss and Brier score, without an interval where the rows are
    /// missing from too many draws.
    pub(crate) fn estimates(&self) -> [Estimate; 4] {
        [0, 1, 3, 4].map(|place| {
            let draws: Vec<Option<f64>> =
                self.draws.iter().map(|draw| draw.map(|draw| draw[place])).collect();
            estimate(self.point[place], &draws)
        })
    }

    /// This minus another of the same rows, draw by draw.
    pub fn minus(&self, other: &Self) -> Difference {
        let difference = |place: usize| {
            let pairs = self.draws.iter().zip(&other.draws);
            let draws = pairs.filter_map(|(a, b)| Some(a.as_ref()?[place] - b.as_ref()?[place])).collect();
            interval(self.point[place] - other.point[place], draws)
        };
        Difference { log_loss: difference(3), accuracy: difference(0) }
    }
}

#[cfg(test)]
mod tests {
    use market::Purpose;
    use rand::RngExt;

    use super::*;

    fn coin_rows(n: usize) -> (Vec<TestRow>, Predictions) {
        let mut random = Seed(1).stream(Purpose::Part, &[]);
        let rows: Vec<TestRow> =
            (0..n).map(|bar| TestRow { bar, fold: 0, class: random.random_range(0..2) }).collect();
        let values = (0..n)
            .flat_map(|_| {
                let p: f64 = random.random_range(0.0..1.0);
                [1.0 - p, p]
            })
            .collect();
        (rows, Predictions { values })
    }

    #[test]
    fn independent_rows_have_the_binomial_interval() {
        let (rows, predictions) = coin_rows(4000);
        let scores = Bootstrap::new(4000, 2, 1.0, 1000, Seed(3)).score(&rows, &predictions);
        let accuracy = scores.metrics().accuracy;
        let half_width = 1.96 * (accuracy.mean * (1.0 - accuracy.mean) / 4000.0).sqrt();
        let drawn = (accuracy.high - accuracy.low) / 2.0;
        assert!((drawn / half_width - 1.0).abs() < 0.1, "{drawn} against {half_width}");
        assert!(accuracy.low < accuracy.mean && accuracy.mean < accuracy.high);
    }

    #[test]
    fn a_predictor_does_not_differ_from_itself() {
        let (rows, predictions) = coin_rows(300);
        let scores = Bootstrap::new(300, 2, 10.0, 200, Seed(3)).score(&rows, &predictions);
        let difference = scores.minus(&scores);
        assert!(difference.log_loss.low.abs() < 1e-12 && difference.accuracy.high.abs() < 1e-12);
    }

    #[test]
    fn a_part_scores_as_its_rows_alone() {
        let (rows, predictions) = coin_rows(600);
        let bootstrap = Bootstrap::new(600, 2, 5.0, 300, Seed(3));
        let inside: Vec<bool> = (0..600).map(|row| row % 3 == 0).collect();
        let part = bootstrap.score_part(&rows, &predictions, &inside).unwrap();
        let mut tally = Tally::empty(2);
        for row in (0..600).step_by(3) {
            tally.add(rows[row].class, predictions.row(row, 2));
        }
        let metrics = part.metrics();
        assert!((metrics.accuracy.mean - tally.accuracy()).abs() < 1e-15);
        assert!((metrics.log_loss.mean - tally.log_loss()).abs() < 1e-12);
        let whole = bootstrap.score(&rows, &predictions).metrics().accuracy;
        let wider = (metrics.accuracy.high - metrics.accuracy.low) / (whole.high - whole.low);
        assert!((wider / 3.0_f64.sqrt() - 1.0).abs() < 0.25, "a third of the rows: {wider} times as wide");
        assert_eq!(
            bootstrap.score_part(&rows, &predictions, &[true; 600]).unwrap().metrics(),
            bootstrap.score(&rows, &predictions).metrics()
        );
        assert!(bootstrap.score_part(&rows, &predictions, &[false; 600]).is_none());
    }

    #[test]
    fn calibration_error_has_the_value_of_the_reliability_bins() {
        let (rows, predictions) = coin_rows(900);
        let error = Bootstrap::new(900, 2, 4.0, 300, Seed(3)).calibration_error(&rows, &predictions).unwrap();
        let bins = crate::reliability(&rows, &predictions, 2);
        assert!((error.value - crate::expected_calibration_error(&bins)).abs() < 1e-12);
        assert!(error.low.unwrap() < error.high.unwrap() && error.high.unwrap() > error.value);
    }
}
