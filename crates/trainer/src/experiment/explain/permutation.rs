//! Permutation importance on out-of-sample windows, of features alone and of whole clusters.

use anyhow::Result;
use evaluation::{Estimate, Resamples, TestRow, mean_block_length};
use market::{Purpose, Seed};
use models::{FeatureView, FittedModel};
use rand::seq::SliceRandom;

use crate::interrupt;
use crate::progress::Progress;

/// What importance is measured on in one fold.
pub(super) struct Sample<'a> {
    /// Row-major feature table of the whole series.
    pub(super) values: &'a [f64],
    pub(super) n_features: usize,
    /// Test rows of the fold.
    pub(super) rows: &'a [TestRow],
    /// At most so many of them, evenly spaced.
    pub(super) most: usize,
    pub(super) repeats: usize,
    pub(super) seed: Seed,
}

impl Sample<'_> {
    /// The rows that are looked at.
    fn chosen(&self) -> Vec<TestRow> {
        let step = self.rows.len().div_ceil(self.most.max(1)).max(1);
        self.rows.iter().copied().step_by(step).collect()
    }
}

/// What shuffling costs, row by row, over the sampled windows of several folds.
#[derive(Debug, Clone)]
pub(super) struct Importance {
    /// For each group of features, the increase in −ln p(true class) of each window, mean over repeats.
    increases: Vec<Vec<f64>>,
}

impl Importance {
    pub(super) fn none(n_groups: usize) -> Self {
        Self { increases: vec![Vec::new(); n_groups] }
    }

    /// Mean increase of log-loss in nats of each group, with its 95% interval over blocks of rows, in which the
    /// repeats' chance is contained.
    pub(super) fn estimates(&self, least_block: f64, draws: usize, seed: Seed) -> Vec<Estimate> {
        let n = self.increases.first().map_or(0, Vec::len);
        if n == 0 {
            return vec![Estimate { value: 0.0, low: None, high: None }; self.increases.len()];
        }
        let of_group = |increases: &Vec<f64>| {
            let block = mean_block_length(increases, least_block);
            let resamples = Resamples::new(n, block, draws, seed);
            let mut before = vec![0.0];
            for increase in increases {
                before.push(before[before.len() - 1] + increase);
            }
            resamples.estimate(before[n] / n as f64, |ranges| {
                let sum: f64 = ranges.iter().map(|&(from, until)| before[until] - before[from]).sum();
                Some(sum / n as f64)
            })
        };
        self.increases.iter().map(of_group).collect()
    }

    /// Adds a fold: the columns of each group in a window are exchanged with those of another window.
    pub(super) fn add(
        &mut self,
        model: &FittedModel,
        groups: &[Vec<usize>],
        sample: &Sample<'_>,
        name: &str,
        progress: &Progress,
    ) -> Result<()> {
        let rows = sample.chosen();
        if rows.is_empty() {
            return Ok(());
        }
        let (width, lookback) = (sample.n_features, model.lookback());
        // Each window on its own, so that permuting one leaves its neighbours alone.
        let mut windows = Vec::with_capacity(rows.len() * lookback * width);
        for row in &rows {
            windows
                .extend_from_slice(&sample.values[(row.bar + 1 - lookback) * width..(row.bar + 1) * width]);
        }
        let ends: Vec<usize> = (1..=rows.len()).map(|window| window * lookback - 1).collect();
        let losses = |values: &[f64]| -> Result<Vec<f64>> {
            let view = FeatureView { values, n_features: width, ends: &ends };
            let answers = model.predict(&view)?;
            let right = answers.iter().zip(&rows).map(|(p, row)| p.values()[usize::from(row.class)]);
            Ok(right.map(|p| -p.max(1e-15).ln()).collect())
        };
        let stage = progress.stage(name, groups.len() as u64);
        let base = losses(&windows)?;
        let mut permuted = windows.clone();
        let own: Vec<usize> = (0..rows.len()).collect();
        for (group, features) in groups.iter().enumerate() {
            interrupt::check(name)?;
            let mut sums = vec![0.0; rows.len()];
            let unseen = model.columns().is_some_and(|seen| features.iter().all(|f| !seen.contains(f)));
            for repeat in 0..if unseen { 0 } else { sample.repeats } {
                let mut order = own.clone();
                let place = [features[0] as u64, repeat as u64, features.len() as u64];
                let depth = if features.len() == 1 { 2 } else { 3 };
                order.shuffle(&mut sample.seed.stream(Purpose::Permutation, &place[..depth]));
                exchange(&mut permuted, &windows, &order, lookback * width, width, features);
                for ((sum, loss), base) in sums.iter_mut().zip(losses(&permuted)?).zip(&base) {
                    *sum += (loss - base) / sample.repeats as f64;
                }
            }
            exchange(&mut permuted, &windows, &own, lookback * width, width, features);
            self.increases[group].extend(sums);
            stage.set(group as u64 + 1, "features and clusters");
        }
        stage.finish(&format!("{} windows", rows.len()));
        Ok(())
    }
}

/// Gives window `i` these features of window `order[i]`.
fn exchange(to: &mut [f64], from: &[f64], order: &[usize], window: usize, width: usize, features: &[usize]) {
    for (target, &source) in to.chunks_exact_mut(window).zip(order) {
        let source = &from[source * window..(source + 1) * window];
        for &feature in features {
            for place in (feature..window).step_by(width) {
                target[place] = source[place];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_the_mean_and_nothing_matters_without_rows() {
        let increases = vec![(0..400).map(|row| f64::from(row % 2)).collect(), vec![0.25; 400]];
        let estimates = Importance { increases }.estimates(2.0, 200, Seed(1));
        let (low, high) = (estimates[0].low.unwrap(), estimates[0].high.unwrap());
        assert!((estimates[0].value - 0.5).abs() < 1e-12 && low < 0.5 && high > 0.5, "{estimates:?}");
        assert_eq!((estimates[1].low, estimates[1].high), (Some(0.25), Some(0.25)));
        let none = Importance::none(1).estimates(2.0, 200, Seed(1));
        assert_eq!(none, [Estimate { value: 0.0, low: None, high: None }]);
    }

    #[test]
    fn whole_columns_of_windows_are_exchanged() {
        // Two windows of two rows of two features.
        let from = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0];
        let mut to = from;
        exchange(&mut to, &from, &[1, 0], 4, 2, &[1]);
        assert_eq!(to.map(|x| x as u8), [1, 30, 2, 40, 3, 10, 4, 20]);
        exchange(&mut to, &from, &[1, 0], 4, 2, &[0, 1]);
        assert_eq!(to.map(|x| x as u8), [3, 30, 4, 40, 1, 10, 2, 20]);
    }
}
