//! Features of the power spectrum: Welch's estimate with one rectangular segment, zero-padded to
//! the next power of two, one-sided, over the frequency w in radians a step.

use std::f64::consts::TAU;

use super::autocorrelation::Correlator;

/// The estimate's frequencies are every second one of the correlator's transform.
const STRIDE: usize = 2;

/// Spectral densities S(w) from w = 0 to π, and the distance of the frequencies.
fn densities(correlator: &Correlator) -> (impl ExactSizeIterator<Item = f64> + Clone, f64) {
    let powers = correlator.powers();
    let last = powers.len() - 1;
    let scale = 1.0 / (correlator.series_len() as f64 * TAU);
    let step = TAU * STRIDE as f64 / (2 * last) as f64;
    let sides = move |index: usize| if index == 0 || index * STRIDE == last { scale } else { 2.0 * scale };
    (powers.iter().step_by(STRIDE).enumerate().map(move |(index, power)| power * sides(index)), step)
}

/// `low_freq_power`: the power `Σ S(w)·Δw` in the lowest fifth of the frequencies.
pub(super) fn low_frequency_power(correlator: &Correlator) -> f64 {
    let (densities, step) = densities(correlator);
    let lowest_fifth = densities.len() / 5;
    densities.take(lowest_fifth).sum::<f64>() * step
}

/// `centroid_freq`: the lowest frequency at which the power up to it is more than half of all.
pub(super) fn centroid_frequency(correlator: &Correlator) -> f64 {
    let (densities, step) = densities(correlator);
    let half = densities.clone().sum::<f64>() * 0.5;
    let mut power = 0.0;
    let below = densities.take_while(|density| {
        power += density;
        power <= half
    });
    below.count() as f64 * step
}
