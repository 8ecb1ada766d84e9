//! Permutation importance on out-of-sample windows.

use anyhow::Result;
use evaluation::TestRow;
use market::{Purpose, Seed};
use models::{FeatureView, FittedModel};
use rand::seq::SliceRandom;

use crate::progress::Progress;

/// What importance is measured on in one fold.
pub(crate) struct Sample<'a> {
    /// Row-major feature table of the whole series.
    pub(crate) values: &'a [f64],
    pub(crate) n_features: usize,
    /// Test rows of the fold.
    pub(crate) rows: &'a [TestRow],
    /// At most so many of them, evenly spaced.
    pub(crate) most: usize,
    pub(crate) repeats: usize,
    pub(crate) seed: Seed,
}

/// Sums over the sampled windows of several folds.
#[derive(Debug, Clone)]
pub(crate) struct Importance {
    /// For each feature, Σ over windows of the increase in −ln p(true class), mean over repeats.
    increase: Vec<f64>,
    windows: usize,
}

impl Importance {
    pub(crate) fn none(n_features: usize) -> Self {
        Self { increase: vec![0.0; n_features], windows: 0 }
    }

    /// Mean increase of log-loss in nats, by feature.
    pub(crate) fn mean(&self) -> Vec<f64> {
        self.increase.iter().map(|sum| sum / self.windows.max(1) as f64).collect()
    }

    /// Adds a fold: each feature's whole column of a window is exchanged with another window's.
    pub(crate) fn add(
        &mut self,
        model: &FittedModel,
        sample: &Sample<'_>,
        name: &str,
        progress: &Progress,
    ) -> Result<()> {
        let step = sample.rows.len().div_ceil(sample.most.max(1)).max(1);
        let rows: Vec<TestRow> = sample.rows.iter().copied().step_by(step).collect();
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
        let loss = |values: &[f64]| -> Result<f64> {
            let view = FeatureView { values, n_features: width, ends: &ends };
            let answers = model.predict(&view)?;
            let right = answers.iter().zip(&rows).map(|(p, row)| p.values()[usize::from(row.class)]);
            Ok(right.map(|p| -p.max(1e-15).ln()).sum())
        };
        let stage = progress.stage(name, width as u64);
        let base = loss(&windows)?;
        let mut permuted = windows.clone();
        for feature in 0..width {
            for repeat in 0..sample.repeats {
                let mut order: Vec<usize> = (0..rows.len()).collect();
                order
                    .shuffle(&mut sample.seed.stream(Purpose::Permutation, &[feature as u64, repeat as u64]));
                exchange(&mut permuted, &windows, &order, lookback * width, width, feature);
                self.increase[feature] += (loss(&permuted)? - base) / sample.repeats as f64;
            }
            let own: Vec<usize> = (0..rows.len()).collect();
            exchange(&mut permuted, &windows, &own, lookback * width, width, feature);
            stage.set(feature as u64 + 1, "features");
        }
        self.windows += rows.len();
        stage.finish(&format!("{} windows", rows.len()));
        Ok(())
    }
}

/// Gives window `i` the column `feature` of window `order[i]`.
fn exchange(to: &mut [f64], from: &[f64], order: &[usize], window: usize, width: usize, feature: usize) {
    for (target, &source) in to.chunks_exact_mut(window).zip(order) {
        let source = &from[source * window..(source + 1) * window];
        for place in (feature..window).step_by(width) {
            target[place] = source[place];
        }
    }
}
