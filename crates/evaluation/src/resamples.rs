//! Resamples of the stationary block bootstrap (Politis and Romano 1994).

use market::{Purpose, Seed};
use rand::RngExt;
use rayon::prelude::*;

use crate::scores::{Estimate, Interval};

/// An interval needs this share of the draws to have a value.
const ENOUGH_DRAWS: f64 = 0.95;

/// Draws of rows in blocks of random length. Everything that is scored on the same draws is paired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resamples {
    n_rows: usize,
    /// For each draw, ranges of rows that together are as many as there are.
    draws: Vec<Vec<(usize, usize)>>,
}

impl Resamples {
    /// `n_draws` resamples of `n_rows` rows in blocks of `mean_block` rows on average. The rows are a circle.
    pub fn new(n_rows: usize, mean_block: f64, n_draws: usize, seed: Seed) -> Self {
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
        Self { n_rows, draws }
    }

    /// Rows of every draw.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// What `statistic` says of each draw, given as ranges of rows, in the order of the draws.
    pub fn map<T: Send>(&self, statistic: impl Fn(&[(usize, usize)]) -> T + Sync) -> Vec<T> {
        self.draws.par_iter().map(|ranges| statistic(ranges)).collect()
    }

    /// `value` with the central 95% of the draws' values; without an interval when more than one draw in
    /// twenty has none.
    pub fn estimate(
        &self,
        value: f64,
        statistic: impl Fn(&[(usize, usize)]) -> Option<f64> + Sync,
    ) -> Estimate {
        estimate(value, &self.map(statistic))
    }
}

/// `value` with the central 95% of the draws that have one.
pub(crate) fn estimate(value: f64, draws: &[Option<f64>]) -> Estimate {
    let defined: Vec<f64> = draws.iter().flatten().copied().filter(|draw| draw.is_finite()).collect();
    if defined.is_empty() || (defined.len() as f64) < ENOUGH_DRAWS * draws.len() as f64 {
        return Estimate { value, low: None, high: None };
    }
    let interval = interval(value, defined);
    Estimate { value, low: Some(interval.low), high: Some(interval.high) }
}

/// The central 95% of the draws.
pub(crate) fn interval(mean: f64, mut draws: Vec<f64>) -> Interval {
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

    #[test]
    fn every_draw_has_as_many_rows_as_there_are() {
        for block in [1.0, 7.5, 400.0] {
            for ranges in &Resamples::new(500, block, 50, Seed(3)).draws {
                assert_eq!(ranges.iter().map(|(from, until)| until - from).sum::<usize>(), 500);
                assert!(ranges.iter().all(|(from, until)| from < until && *until <= 500));
            }
        }
    }

    #[test]
    fn blocks_are_as_long_as_asked_on_average() {
        for block in [3.0, 25.0] {
            let draws = Resamples::new(100_000, block, 20, Seed(5)).draws;
            let count: usize = draws.iter().map(Vec::len).sum();
            let mean = 20.0 * 100_000.0 / count as f64;
            assert!((mean / block - 1.0).abs() < 0.03, "{mean} instead of {block}");
        }
    }

    #[test]
    fn a_statistic_that_most_draws_lack_has_no_interval() {
        let draws: Vec<Option<f64>> = (0..100).map(|draw| (draw >= 6).then_some(f64::from(draw))).collect();
        assert_eq!(estimate(1.0, &draws), Estimate { value: 1.0, low: None, high: None });
        assert!(estimate(1.0, &draws[2..]).low.is_some());
        assert_eq!(estimate(1.0, &[]).low, None);
    }
}
