//! Stationary block bootstrap (Politis and Romano 1994) over the pooled out-of-sample rows.

use market::{Purpose, Seed};
use rand::RngExt;
use rayon::prelude::*;

use super::auc::{mean_area, ranked};
use super::tally::Tally;
use crate::predictions::{Predictions, TestRow};
use crate::scores::{Difference, Interval, Metrics};

/// Resamples that every model and baseline share, so that differences are paired.
pub struct Bootstrap {
    n_rows: usize,
    n_classes: usize,
    /// For each draw, ranges of rows that together are as many as there are.
    draws: Vec<Vec<(usize, usize)>>,
}

/// One predictor's scores on the rows and on every draw.
#[derive(Debug, Clone)]
pub struct BootstrapScores {
    point: [f64; 6],
    draws: Vec<[f64; 6]>,
}

impl Bootstrap {
    /// `n_draws` resamples of `n_rows` rows in blocks of `mean_block` rows on average.
    pub fn new(n_rows: usize, n_classes: usize, mean_block: f64, n_draws: usize, seed: Seed) -> Self {
        let draws = (0..n_draws as u64)
            .map(|draw| {
                let mut random = seed.stream(Purpose::ScoreBootstrap, &[draw]);
                let mut ranges = Vec::new();
                let mut left = n_rows;
                while left > 0 {
                    let start = random.random_range(0..n_rows);
                    // Geometric with the given mean, by inversion.
                    let uniform: f64 = random.random_range(f64::MIN_POSITIVE..1.0);
                    let stop = 1.0 / mean_block.max(1.0);
                    let length =
                        if stop < 1.0 { (uniform.ln() / (1.0 - stop).ln()).ceil() as usize } else { 1 };
                    let length = length.clamp(1, left);
                    // The rows are a circle.
                    let end = (start + length).min(n_rows);
                    ranges.push((start, end));
                    if start + length > n_rows {
                        ranges.push((0, (start + length - n_rows).min(n_rows)));
                    }
                    left -= length;
                }
                ranges
            })
            .collect();
        Self { n_rows, n_classes, draws }
    }

    /// Scores one predictor on the rows and on every draw.
    ///
    /// # Panics
    /// When there are fewer predictions than rows.
    pub fn score(&self, rows: &[TestRow], predictions: &Predictions) -> BootstrapScores {
        let k = self.n_classes;
        let mut prefix = Vec::with_capacity(self.n_rows + 1);
        let mut tally = Tally::empty(k);
        prefix.push(tally.clone());
        for (index, row) in rows.iter().enumerate() {
            tally.add(row.class, predictions.row(index, k));
            prefix.push(tally.clone());
        }
        let six = |tally: &Tally, auc: f64| {
            [
                tally.accuracy(),
                tally.balanced_accuracy(),
                tally.macro_f1(),
                tally.log_loss(),
                tally.brier(),
                auc,
            ]
        };
        let exact = mean_area(&ranked(rows, predictions, k, true), &[(0, self.n_rows)]);
        let binned = ranked(rows, predictions, k, false);
        let draws = self
            .draws
            .par_iter()
            .map(|ranges| {
                let mut drawn = Tally::empty(k);
                for &(from, until) in ranges {
                    drawn.add_between(&prefix[from], &prefix[until]);
                }
                six(&drawn, mean_area(&binned, ranges))
            })
            .collect();
        BootstrapScores { point: six(&tally, exact), draws }
    }
}

impl BootstrapScores {
    /// Every score with its interval.
    pub fn metrics(&self) -> Metrics {
        let interval = |place: usize| {
            let draws = self.draws.iter().map(|draw| draw[place]).collect();
            interval(self.point[place], draws)
        };
        Metrics {
            accuracy: interval(0),
            balanced_accuracy: interval(1),
            macro_f1: interval(2),
            log_loss: interval(3),
            brier: interval(4),
            roc_auc: interval(5),
        }
    }

    /// This minus another, draw by draw.
    pub fn minus(&self, other: &Self) -> Difference {
        let difference = |place: usize| {
            let draws = self.draws.iter().zip(&other.draws).map(|(a, b)| a[place] - b[place]).collect();
            interval(self.point[place] - other.point[place], draws)
        };
        Difference { log_loss: difference(3), accuracy: difference(0) }
    }
}

/// The central 95% of the draws.
fn interval(mean: f64, mut draws: Vec<f64>) -> Interval {
    draws.sort_unstable_by(f64::total_cmp);
    let quantile = |share: f64| {
        let place = share * (draws.len() - 1) as f64;
        let (below, above) = (place.floor() as usize, place.ceil() as usize);
        draws[below] + (draws[above] - draws[below]) * place.fract()
    };
    Interval { mean, low: quantile(0.025), high: quantile(0.975) }
}

#[cfg(test)]
mod tests {
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
    fn every_draw_has_as_many_rows_as_there_are() {
        for block in [1.0, 7.5, 400.0] {
            let bootstrap = Bootstrap::new(500, 2, block, 50, Seed(3));
            for ranges in &bootstrap.draws {
                assert_eq!(ranges.iter().map(|(from, until)| until - from).sum::<usize>(), 500);
                assert!(ranges.iter().all(|(from, until)| from < until && *until <= 500));
            }
        }
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
}
