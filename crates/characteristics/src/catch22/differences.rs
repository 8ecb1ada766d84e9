//! Features of the differences from one value to the next, and of simple forecasts' errors.

use super::autocorrelation::{self, Correlator};
use super::standard_scores::mean;

/// Fills `differences` \[n − 1\] with `x[t+1] − x[t]`.
pub(super) fn fill(scores: &[f64], differences: &mut [f64]) {
    for (difference, pair) in differences.iter_mut().zip(scores.windows(2)) {
        *difference = pair[1] - pair[0];
    }
}

/// `trev`: the mean cube of the differences.
pub(super) fn time_reversal(differences: &[f64]) -> f64 {
    differences.iter().map(|d| d * d * d).sum::<f64>() / differences.len() as f64
}

/// `high_fluctuation`: the share of differences beyond ±0.04 standard deviations.
pub(super) fn high_fluctuation(differences: &[f64]) -> f64 {
    let high = differences.iter().filter(|difference| difference.abs() * 1000.0 > 40.0).count();
    high as f64 / differences.len() as f64
}

/// `whiten_timescale`: the first lag at which the autocorrelation of the differences is not
/// positive, relative to `timescale`, that of the values; 0 where the differences are all equal.
pub(super) fn whitening(differences: &[f64], timescale: usize, correlator: &mut Correlator) -> f64 {
    correlator.correlate(differences, mean(differences));
    autocorrelation::first_non_positive(correlator.products()) as f64 / timescale as f64
}

/// `forecast_error`: the standard deviation (n − 1) of `x[t] − mean(x[t−3..t])`; 0 below 5 values.
pub(super) fn forecast_error(scores: &[f64]) -> f64 {
    if scores.len() < 5 {
        return 0.0;
    }
    let errors = scores.windows(4).map(|four| four[3] - (four[0] + four[1] + four[2]) / 3.0);
    let count = (scores.len() - 3) as f64;
    let mean = errors.clone().sum::<f64>() / count;
    (errors.map(|error| (error - mean) * (error - mean)).sum::<f64>() / (count - 1.0)).sqrt()
}
