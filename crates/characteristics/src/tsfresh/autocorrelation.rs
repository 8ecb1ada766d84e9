//! Linear dependence on the past: autocorrelations, partial and aggregated.

use super::feature::TsfreshFeature;
use super::summary::{Summary, dot, mean, quantile, variance};

/// Lags over which autocorrelations are aggregated.
const AGGREGATED: usize = 40;
const LAGS: [usize; 6] = [1, 2, 3, 4, 5, 9];
const PARTIAL: usize = 5;
/// Below this variance tsfresh takes all autocorrelations for zero before it aggregates them.
const NO_VARIANCE: f64 = 1e-10;
/// A prediction error below this share of the variance is rounding.
const NO_ERROR: f64 = 1e-14;

pub(super) const FEATURES: [TsfreshFeature; 14] = [
    TsfreshFeature::new(
        "autocorrelation__lag_1",
        "R(1) with R(l) = Σ (xₜ − μ)(x₍ₜ₊ₗ₎ − μ) / ((n − l) σ²); 0 when constant",
        "1",
        "about [−1, 1]",
    ),
    TsfreshFeature::new("autocorrelation__lag_2", "R(2)", "1", "about [−1, 1]"),
    TsfreshFeature::new("autocorrelation__lag_3", "R(3)", "1", "about [−1, 1]"),
    TsfreshFeature::new("autocorrelation__lag_4", "R(4)", "1", "about [−1, 1]"),
    TsfreshFeature::new("autocorrelation__lag_5", "R(5)", "1", "about [−1, 1]"),
    TsfreshFeature::new("autocorrelation__lag_9", "R(9)", "1", "about [−1, 1]"),
    TsfreshFeature::new(
        "partial_autocorrelation__lag_1",
        "last coefficient of the AR(1) that solves the Yule–Walker equations of R (Levinson–Durbin); 0 when constant",
        "1",
        "about [−1, 1]",
    ),
    TsfreshFeature::new(
        "partial_autocorrelation__lag_2",
        "the same of AR(2); 0 when a shorter one predicts without error",
        "1",
        "about [−1, 1]",
    ),
    TsfreshFeature::new("partial_autocorrelation__lag_3", "the same of AR(3)", "1", "about [−1, 1]"),
    TsfreshFeature::new("partial_autocorrelation__lag_4", "the same of AR(4)", "1", "about [−1, 1]"),
    TsfreshFeature::new("partial_autocorrelation__lag_5", "the same of AR(5)", "1", "about [−1, 1]"),
    TsfreshFeature::new(
        "agg_autocorrelation__f_agg_\"mean\"__maxlag_40",
        "mean of R(1) … R(40), of all lags in a shorter window; 0 when σ² < 10⁻¹⁰",
        "1",
        "about [−1, 1]",
    ),
    TsfreshFeature::new(
        "agg_autocorrelation__f_agg_\"median\"__maxlag_40",
        "median of R(1) … R(40); 0 when σ² < 10⁻¹⁰",
        "1",
        "about [−1, 1]",
    ),
    TsfreshFeature::new(
        "agg_autocorrelation__f_agg_\"var\"__maxlag_40",
        "population variance of R(1) … R(40); 0 when σ² < 10⁻¹⁰",
        "1",
        "≥ 0",
    ),
];

/// Room for the autocorrelations.
#[derive(Debug, Clone)]
pub(super) struct Autocorrelation {
    /// R(1), R(2) …
    correlations: Vec<f64>,
}

impl Autocorrelation {
    pub(super) fn new(window: usize) -> Self {
        Self { correlations: vec![0.0; AGGREGATED.min(window - 1)] }
    }

    pub(super) fn compute(&mut self, window: &Summary<'_>, out: &mut [f64]) {
        let (n, deviations) = (window.values.len(), window.deviations);
        for (lag, correlation) in (1..).zip(&mut self.correlations) {
            let covariance = dot(&deviations[..n - lag], &deviations[lag..]) / (n - lag) as f64;
            *correlation = if window.variance > 0.0 { covariance / window.variance } else { 0.0 };
        }
        for (slot, lag) in out.iter_mut().zip(LAGS) {
            *slot = self.correlations[lag - 1];
        }
        out[6..11].copy_from_slice(&partial(&self.correlations));

        if window.variance < NO_VARIANCE {
            out[11..].fill(0.0);
            return;
        }
        out[11] = mean(&self.correlations);
        out[13] = variance(&self.correlations);
        self.correlations.sort_unstable_by(f64::total_cmp);
        out[12] = quantile(&self.correlations, 0.5);
    }
}

/// Partial autocorrelations by the Levinson–Durbin recursion over R(1), R(2) …
fn partial(correlations: &[f64]) -> [f64; PARTIAL] {
    let mut partial = [0.0; PARTIAL];
    // Coefficients of the AR(order) so far, and its error as a share of the variance.
    let mut coefficients = [0.0; PARTIAL];
    let mut error = 1.0_f64;
    for order in 0..PARTIAL {
        if error.abs() <= NO_ERROR {
            break;
        }
        let explained: f64 = (0..order).map(|j| coefficients[j] * correlations[order - 1 - j]).sum();
        let reflection = (correlations[order] - explained) / error;
        let shorter = coefficients;
        for j in 0..order {
            coefficients[j] = shorter[j] - reflection * shorter[order - 1 - j];
        }
        coefficients[order] = reflection;
        partial[order] = reflection;
        error *= 1.0 - reflection * reflection;
    }
    partial
}
