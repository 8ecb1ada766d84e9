//! Features on one scale, learned on the training rows.

use ndarray::Array2;

use crate::view::{BaselineView, FeatureRows};

/// Scaled values are clipped to ± this, so that one wild bar can't decide a distance or a gradient.
const CLIP: f64 = 8.0;

/// Zero mean and unit variance of each column over the training rows. A column that does not vary is only
/// centred.
pub(crate) struct Standardised<'a> {
    features: FeatureRows<'a>,
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl<'a> Standardised<'a> {
    pub(crate) fn learn(view: &BaselineView<'a>) -> Self {
        let features = view.features;
        let n = view.training().count().max(1) as f64;
        let mut mean = vec![0.0; features.n_features];
        for (bar, _) in view.training() {
            for (sum, value) in mean.iter_mut().zip(features.row(bar)) {
                *sum += value;
            }
        }
        for sum in &mut mean {
            *sum /= n;
        }
        let mut deviation = vec![0.0; features.n_features];
        for (bar, _) in view.training() {
            for ((sum, value), mean) in deviation.iter_mut().zip(features.row(bar)).zip(&mean) {
                *sum += (value - mean) * (value - mean);
            }
        }
        for (sum, mean) in deviation.iter_mut().zip(&mean) {
            let std = (*sum / n).sqrt();
            *sum = if std > 1e-12 * mean.abs().max(1e-12) { std } else { 1.0 };
        }
        Self { features, mean, deviation }
    }

    /// A bar's scaled features.
    pub(crate) fn row(&self, bar: usize) -> impl Iterator<Item = f64> {
        let scale = self.mean.iter().zip(&self.deviation);
        let row = self.features.row(bar).iter().zip(scale);
        row.map(|(value, (mean, deviation))| ((value - mean) / deviation).clamp(-CLIP, CLIP))
    }

    /// Scaled features of some bars, `[n_rows, n_features]`.
    pub(crate) fn matrix(&self, bars: &[usize]) -> Array2<f64> {
        let values = bars.iter().flat_map(|bar| self.row(*bar)).collect();
        Array2::from_shape_vec((bars.len(), self.features.n_features), values)
            .expect("every row has all features")
    }
}
