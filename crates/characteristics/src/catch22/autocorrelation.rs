//! Autocorrelation and power spectrum of a window by Fourier transform, and the lags that are read
//! off the autocorrelation.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlannerScalar};

/// Sums of lagged products and powers of series of up to one length.
///
/// The transform has at least twice the window's length, so that the products do not wrap around,
/// and is computed without machine-specific instructions, so that every machine finds the same bits.
#[derive(Clone)]
pub(super) struct Correlator {
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
    buffer: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    powers: Vec<f64>,
    products: Vec<f64>,
    len: usize,
}

impl Correlator {
    pub(super) fn new(window: usize) -> Self {
        let length = 2 * window.next_power_of_two();
        let mut planner = FftPlannerScalar::new();
        let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
        let scratch = forward.get_inplace_scratch_len().max(inverse.get_inplace_scratch_len());
        Self {
            forward,
            inverse,
            buffer: vec![Complex::default(); length],
            scratch: vec![Complex::default(); scratch],
            powers: vec![0.0; length / 2 + 1],
            products: vec![0.0; window],
            len: 0,
        }
    }

    /// Transforms `series − offset`.
    pub(super) fn correlate(&mut self, series: &[f64], offset: f64) {
        self.len = series.len();
        for (place, &value) in self.buffer.iter_mut().zip(series) {
            *place = Complex::new(value - offset, 0.0);
        }
        self.buffer[series.len()..].fill(Complex::default());
        self.forward.process_with_scratch(&mut self.buffer, &mut self.scratch);
        for place in &mut self.buffer {
            *place = Complex::new(place.norm_sqr(), 0.0);
        }
        for (power, place) in self.powers.iter_mut().zip(&self.buffer) {
            *power = place.re;
        }
        self.inverse.process_with_scratch(&mut self.buffer, &mut self.scratch);
        let length = self.buffer.len() as f64;
        for (product, place) in self.products.iter_mut().zip(&self.buffer) {
            *product = place.re / length;
        }
    }

    /// `Σ x[t]·x[t+k]` of the last series, not divided by anything \[its length\]; k from 0.
    pub(super) fn products(&self) -> &[f64] {
        &self.products[..self.len]
    }

    /// `|X(k)|²` of the last series, for frequencies of `2πk / (2·length − 2)` radians a step
    /// \[length\], where length is that of this slice.
    pub(super) fn powers(&self) -> &[f64] {
        &self.powers
    }

    /// The number of values in the last series.
    pub(super) fn series_len(&self) -> usize {
        self.len
    }
}

/// The first lag whose product is not positive; the number of lags where all are positive.
pub(super) fn first_non_positive(products: &[f64]) -> usize {
    products.iter().position(|&product| product <= 0.0).unwrap_or(products.len())
}

/// `acf_timescale`: the lag, between whole lags by a straight line, at which the autocorrelation
/// falls below 1/e; the number of lags where it never does.
pub(super) fn timescale(products: &[f64]) -> f64 {
    let threshold = (-1.0_f64).exp();
    let at = |lag: usize| products[lag] / products[0];
    match (1..products.len()).find(|&lag| at(lag) < threshold) {
        Some(lag) => (lag - 1) as f64 + (threshold - at(lag - 1)) / (at(lag) - at(lag - 1)),
        None => products.len() as f64,
    }
}

/// `acf_first_min`: the first lag from 1 whose autocorrelation is below both its neighbours'; the
/// number of lags where there is none.
pub(super) fn first_minimum(products: &[f64]) -> f64 {
    let minimum = products.windows(3).position(|three| three[1] < three[0] && three[1] < three[2]);
    minimum.map_or(products.len(), |before| before + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::{Correlator, first_minimum, first_non_positive, timescale};

    #[test]
    fn products_and_powers_are_those_of_the_definition() {
        let mut correlator = Correlator::new(4);
        correlator.correlate(&[2.0, 3.0, 1.0], 1.0);
        let expected = [5.0, 2.0, 0.0];
        for (product, expected) in correlator.products().iter().zip(expected) {
            assert!((product - expected).abs() < 1e-12);
        }
        assert_eq!(correlator.products().len(), 3);
        assert!((correlator.powers()[0] - 9.0).abs() < 1e-12);
        assert!((correlator.powers()[4] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn lags_are_read_off() {
        let products = [4.0, 2.0, 1.0, 3.0, -1.0];
        assert!((timescale(&products) - (1.0 + (0.5 - (-1.0_f64).exp()) / 0.25)).abs() < 1e-12);
        assert!((first_minimum(&products) - 2.0).abs() < 1e-12);
        assert_eq!(first_non_positive(&products), 4);
        assert!((timescale(&[1.0, 0.9]) - 2.0).abs() < 1e-12);
        assert!((first_minimum(&[3.0, 2.0, 1.0]) - 3.0).abs() < 1e-12);
        assert_eq!(first_non_positive(&[3.0, 2.0, 1.0]), 3);
    }
}
