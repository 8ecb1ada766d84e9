//! Wang's periodicity: the first clear peak of the autocorrelation of a detrended window (Wang,
//! Smith and Hyndman 2007, "Structure-based statistical features and multivariate time series
//! clustering").

use super::autocorrelation::Correlator;

/// A peak must be this far above the trough before it.
const RISE: f64 = 0.01;
/// Coefficients of a cubic spline with one inner knot.
const COEFFICIENTS: usize = 5;

/// The trend's basis for one window length, and room for what is left without it.
#[derive(Clone)]
pub(super) struct Periodicity {
    basis: [Vec<f64>; COEFFICIENTS],
    rest: Vec<f64>,
}

impl Periodicity {
    pub(super) fn new(window: usize) -> Self {
        Self { basis: spline_basis(window), rest: vec![0.0; window] }
    }

    /// `periodicity`: the trend, a cubic spline of least squares with its knots at both ends and
    /// in the middle, is subtracted. Of the autocovariance `Σ x[t]·x[t+lag] / (n − lag)` for lags
    /// up to a third of the window the first peak counts that is not negative and at least 0.01
    /// above the trough before it; 0 where there is none.
    pub(super) fn first_peak(&mut self, scores: &[f64], correlator: &mut Correlator) -> f64 {
        self.rest.copy_from_slice(scores);
        for direction in &self.basis {
            remove(direction, &mut self.rest);
        }
        correlator.correlate(&self.rest, 0.0);
        let window = scores.len();
        let covariance = |lag: usize| correlator.products()[lag] / (window - lag) as f64;
        let mut trough = None;
        for lag in 2..window.div_ceil(3) {
            let (before, here, after) = (covariance(lag - 1), covariance(lag), covariance(lag + 1));
            if here < before && here < after {
                trough = Some(here);
            }
            let peak = here > before && here > after && here >= 0.0;
            if peak && trough.is_some_and(|trough| here - trough >= RISE) {
                return lag as f64;
            }
        }
        0.0
    }
}

/// Takes out of `series` what points into the direction of the unit vector `direction`.
fn remove(direction: &[f64], series: &mut [f64]) {
    let product: f64 = direction.iter().zip(series.iter()).map(|(d, x)| d * x).sum();
    for (x, d) in series.iter_mut().zip(direction) {
        *x -= product * d;
    }
}

/// An orthonormal basis of the cubic splines over the positions of a window whose inner knot is at
/// the middle; vectors are 0 where the window is too short for one more.
fn spline_basis(window: usize) -> [Vec<f64>; COEFFICIENTS] {
    let knot = (window / 2).saturating_sub(1) as f64;
    let scale = (window as f64 / 2.0).max(1.0);
    let mut basis: [Vec<f64>; COEFFICIENTS] = std::array::from_fn(|index| {
        let from_knot = |position: usize| (position as f64 - knot) / scale;
        let value = |x: f64| if index < 4 { x.powi(index as i32) } else { x.max(0.0).powi(3) };
        (0..window).map(|position| value(from_knot(position))).collect()
    });
    for index in 0..COEFFICIENTS {
        let (done, rest) = basis.split_at_mut(index);
        let vector = &mut rest[0];
        let length = norm(vector);
        // Twice: what rounding leaves of the first time is gone after the second.
        for direction in done.iter().chain(done.iter()) {
            remove(direction, vector);
        }
        let left = norm(vector);
        let divisor = if left > 1e-10 * length { left } else { f64::INFINITY };
        for value in vector {
            *value /= divisor;
        }
    }
    basis
}

/// The Euclidean length.
fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|value| value * value).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::{Periodicity, remove, spline_basis};
    use crate::catch22::autocorrelation::Correlator;

    #[test]
    fn a_spline_leaves_no_rest() {
        let spline = |position: i32| {
            let x = f64::from(position - 24) / 25.0;
            1.0 - x + 2.0 * x * x - 3.0 * x * x * x + 4.0 * x.max(0.0).powi(3)
        };
        let mut series: Vec<f64> = (0..50).map(spline).collect();
        for direction in &spline_basis(50) {
            remove(direction, &mut series);
        }
        assert!(series.iter().all(|rest| rest.abs() < 1e-12));
    }

    #[test]
    fn a_period_on_a_trend_is_found() {
        let mut periodicity = Periodicity::new(120);
        let series: Vec<f64> =
            (0..120_i32).map(|t| (f64::from(t) * 0.05).powi(2) + f64::from(t % 7 - 3).abs()).collect();
        assert!((periodicity.first_peak(&series, &mut Correlator::new(120)) - 7.0).abs() < 1e-12);
    }
}
