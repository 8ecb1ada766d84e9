//! Autoregressions, smoothing, mean reversion: plain models of series, disturbed by shifts, breaks, outliers and jumps.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::gaussian_process::normal;
use super::log_uniform;

pub(super) fn draw(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    let mut values = match stream.random_range(0..3) {
        0 => autoregression(stream, length),
        1 => smoothing(stream, length),
        _ => mean_reversion(stream, length),
    };
    let spread = (values.iter().map(|value| value * value).sum::<f64>() / length as f64).sqrt().max(1e-6);
    if stream.random_bool(0.4) {
        for _ in 0..stream.random_range(1..=3) {
            let (from, shift) = (stream.random_range(0..length), 2.0 * spread * normal(stream));
            values[from..].iter_mut().for_each(|value| *value += shift);
        }
    }
    if stream.random_bool(0.3) {
        let (from, slope) = (stream.random_range(0..length), 4.0 * spread * normal(stream) / length as f64);
        for (steps, value) in values[from..].iter_mut().enumerate() {
            *value += slope * steps as f64;
        }
    }
    if stream.random_bool(0.3) {
        let share = stream.random_range(0.002..0.02);
        for value in &mut values {
            if stream.random_bool(share) {
                *value += 6.0 * spread * normal(stream);
            }
        }
    }
    values
}

/// ARMA(2,1) with stable roots, in a third of the cases added up.
fn autoregression(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    // From partial autocorrelations, which are free within (-1, 1).
    let (first, second) = (stream.random_range(-0.6..0.98_f64), stream.random_range(-0.7..0.7_f64));
    let (phi_1, phi_2) = (first * (1.0 - second), second);
    let theta = stream.random_range(-0.7..0.7);
    let integrates = stream.random_bool(1.0 / 3.0);
    let (mut one, mut two, mut shock, mut sum) = (0.0, 0.0, 0.0, 0.0);
    let mut values = Vec::with_capacity(length);
    for step in 0..length + 50 {
        let next_shock = normal(stream);
        let next = phi_1 * one + phi_2 * two + next_shock + theta * shock;
        (two, one, shock) = (one, next, next_shock);
        sum += next;
        if step >= 50 {
            values.push(if integrates { sum } else { next });
        }
    }
    values
}

/// A level, a damped trend and a season, each of which learns from the errors.
fn smoothing(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    let (alpha, beta, gamma) =
        (stream.random_range(0.05..0.9), stream.random_range(0.0..0.1), stream.random_range(0.0..0.3));
    let damped = stream.random_range(0.8..1.0);
    let period = stream.random_range(2..60);
    let mut season: Vec<f64> = (0..period).map(|_| normal(stream) * 2.0).collect();
    let (mut level, mut trend) = (0.0, 0.05 * normal(stream));
    (0..length)
        .map(|time| {
            let error = normal(stream);
            let place = time % period;
            let value = level + damped * trend + season[place] + error;
            level += damped * trend + alpha * error;
            trend = damped * trend + beta * error;
            season[place] += gamma * error;
            value
        })
        .collect()
}

/// Ornstein–Uhlenbeck, with jumps in half of the cases.
fn mean_reversion(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    let pull = 1.0 / log_uniform(stream, 3.0, 300.0);
    let jumps = if stream.random_bool(0.5) { stream.random_range(0.002..0.02) } else { 0.0 };
    let mut value = normal(stream);
    (0..length)
        .map(|_| {
            value += -pull * value + (2.0 * pull).sqrt() * normal(stream);
            if stream.random_bool(jumps) {
                value += 4.0 * normal(stream);
            }
            value
        })
        .collect()
}
