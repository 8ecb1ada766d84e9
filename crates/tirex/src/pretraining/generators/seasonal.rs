//! Counts and volumes: the season of the day times that of the week times a slow level, with bursts and zeros.

use std::f64::consts::TAU;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Poisson};

use super::gaussian_process::normal;
use super::log_uniform;

pub(super) fn draw(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    let day = [7, 12, 24, 48, 96, 144][stream.random_range(0..6)];
    let profile = profile(stream, day);
    let week = [5, 7][stream.random_range(0..2)];
    let days: Vec<f64> = (0..week).map(|_| (0.3 * normal(stream)).exp()).collect();
    let memory = stream.random_range(0.8..0.995);
    let noise = stream.random_range(0.02..0.2);
    let burst = if stream.random_bool(0.5) { stream.random_range(0.002..0.02) } else { 0.0 };
    let fades = stream.random_range(0.7..0.97);
    let closed = if stream.random_bool(0.2) { stream.random_range(0.02..0.3) } else { 0.0 };
    let size = log_uniform(stream, 2.0, 1e5);
    let counts = stream.random_bool(0.5);
    let (mut level, mut heat) = (0.0, 0.0);
    (0..length)
        .map(|time| {
            level = memory * level + noise * normal(stream);
            heat *= fades;
            if stream.random_bool(burst) {
                heat += log_uniform(stream, 0.5, 8.0);
            }
            let season = profile[time % day] * days[time / day % week];
            let rate = size * season * (level + 0.05 * normal(stream)).exp() * (1.0 + heat);
            if stream.random_bool(closed) {
                0.0
            } else if counts && rate < 1e6 {
                Poisson::new(rate.max(1e-9)).map_or(0.0, |poisson| poisson.sample(stream))
            } else {
                rate
            }
        })
        .collect()
}

/// A positive shape of a day: some harmonics, in the exponent.
fn profile(stream: &mut ChaCha8Rng, day: usize) -> Vec<f64> {
    let mut logs = vec![0.0; day];
    for harmonic in 1..=stream.random_range(1..=4_u32) {
        let (size, phase) = (0.7 * normal(stream) / f64::from(harmonic), stream.random_range(0.0..TAU));
        for (time, value) in logs.iter_mut().enumerate() {
            *value += size * (TAU * f64::from(harmonic) * time as f64 / day as f64 + phase).cos();
        }
    }
    logs.into_iter().map(f64::exp).collect()
}
