//! Draws from Gaussian processes, by random Fourier features: a sum of cosines whose frequencies come from the kernel's
//! spectrum. Linear in the length, where the exact draw is cubic.

use std::f64::consts::TAU;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution as _, StandardNormal};

use super::{log_uniform, standardised};

/// Cosines of a draw.
const COSINES: usize = 64;

/// One to five draws, added to each other or multiplied.
pub(super) fn draw(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    let kernels = stream.random_range(1..=5);
    let mut all = of_one_kernel(stream, length);
    for _ in 1..kernels {
        let next = of_one_kernel(stream, length);
        let multiplies = stream.random_bool(0.5);
        for (value, next) in all.iter_mut().zip(next) {
            *value = if multiplies { *value * next } else { *value + next };
        }
    }
    all
}

fn of_one_kernel(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    let scale = log_uniform(stream, 2.0, 400.0);
    match stream.random_range(0..6) {
        // Smooth (squared exponential).
        0 => cosines(stream, length, |stream| normal(stream) / scale),
        // Smooth on many scales (rational quadratic): a mixture over lengths.
        1 => {
            let shape = stream.random_range(0.5..3.0_f64);
            let spread = ChiSquared::new(2.0 * shape).expect("degrees of freedom are positive");
            cosines(stream, length, move |stream| {
                normal(stream) / scale * (spread.sample(stream) / (2.0 * shape)).sqrt()
            })
        }
        // Rough (Matérn 1/2, 3/2 or 5/2): a Student-t spectrum.
        2 => {
            let freedom = [1.0_f64, 3.0, 5.0][stream.random_range(0..3)];
            let spread = ChiSquared::new(freedom).expect("degrees of freedom are positive");
            cosines(stream, length, move |stream| {
                normal(stream) / scale / (spread.sample(stream) / freedom).sqrt().max(1e-3)
            })
        }
        // Periodic: harmonics of one period, of falling weight.
        3 => {
            let period = stream.random_range(4.0..300.0);
            let harmonics = stream.random_range(1..=6);
            let falls = stream.random_range(0.5..2.0);
            let mut values = vec![0.0; length];
            for harmonic in 1..=harmonics {
                let weight = normal(stream) / f64::from(harmonic).powf(falls);
                let phase = stream.random_range(0.0..TAU);
                for (time, value) in values.iter_mut().enumerate() {
                    *value += weight * (TAU * f64::from(harmonic) * time as f64 / period + phase).cos();
                }
            }
            standardised(values)
        }
        // A line.
        4 => {
            let (slope, start) = (normal(stream), normal(stream));
            (0..length).map(|time| start + slope * (2.0 * time as f64 / length as f64 - 1.0)).collect()
        }
        // White noise.
        _ => {
            let size = log_uniform(stream, 0.05, 1.0);
            (0..length).map(|_| size * normal(stream)).collect()
        }
    }
}

/// A sum of cosines with frequencies (radians a step) from a spectrum.
fn cosines(
    stream: &mut ChaCha8Rng,
    length: usize,
    mut frequency: impl FnMut(&mut ChaCha8Rng) -> f64,
) -> Vec<f64> {
    let mut values = vec![0.0; length];
    let weight = (2.0 / COSINES as f64).sqrt();
    for _ in 0..COSINES {
        let (frequency, phase) = (frequency(stream), stream.random_range(0.0..TAU));
        // By rotation: a cosine of the next step from those of this one.
        let (turn_sin, turn_cos) = frequency.sin_cos();
        let (mut sin, mut cos) = phase.sin_cos();
        for value in &mut values {
            *value += weight * cos;
            (sin, cos) = (sin * turn_cos + cos * turn_sin, cos * turn_cos - sin * turn_sin);
        }
    }
    values
}

pub(in crate::pretraining) fn normal(stream: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(stream)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn a_smooth_draw_has_its_kernels_variance_and_correlation() {
        let (scale, lag) = (20.0, 20);
        let (mut variance, mut covariance, mut count) = (0.0, 0.0, 0.0);
        for seed in 0..300 {
            let mut stream = ChaCha8Rng::seed_from_u64(seed);
            let values = cosines(&mut stream, 200, |stream| normal(stream) / scale);
            for time in 0..200 - lag {
                variance += values[time] * values[time];
                covariance += values[time] * values[time + lag];
                count += 1.0;
            }
        }
        // exp(-(20 / 20)² / 2)
        assert!((variance / count - 1.0).abs() < 0.05);
        assert!((covariance / count - (-0.5_f64).exp()).abs() < 0.05);
    }
}
