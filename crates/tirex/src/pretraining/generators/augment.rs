//! Changes that make a series another one of its kind.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::SeriesKind;
use super::gaussian_process::normal;

/// With these chances a series is modulated, cut off at a quantile, spiked, turned over, or reversed in time.
const MODULATED: f64 = 0.5;
const CENSORED: f64 = 0.5;
const SPIKED: f64 = 0.05;
const FLIPPED: f64 = 0.5;
const REVERSED: f64 = 0.1;

pub(super) fn change(kind: SeriesKind, stream: &mut ChaCha8Rng, values: &mut [f64]) {
    let length = values.len();
    if stream.random_bool(MODULATED) {
        // A line or a hump over the whole length.
        let (from, until) = (stream.random_range(0.5..1.5), stream.random_range(0.5..1.5));
        for (time, value) in values.iter_mut().enumerate() {
            *value *= from + (until - from) * time as f64 / length as f64;
        }
    }
    if stream.random_bool(CENSORED) && kind != SeriesKind::PricePath {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        // Rarely much: what is cut off can't be learnt from.
        let share = stream.random_range(0.0..1.0_f64).powi(4) * 0.5;
        let place = (share * (length - 1) as f64) as usize;
        let (low, high) = (sorted[place], sorted[length - 1 - place]);
        let below = stream.random_bool(0.5);
        for value in values.iter_mut() {
            *value = if below { value.max(low) } else { value.min(high) };
        }
    }
    if stream.random_bool(SPIKED) {
        let spread = values.iter().map(|value| value.abs()).sum::<f64>() / length as f64;
        for _ in 0..stream.random_range(1..=5) {
            let place = stream.random_range(0..length);
            values[place] += 10.0 * spread * normal(stream);
        }
    }
    if stream.random_bool(FLIPPED) {
        for value in values.iter_mut() {
            *value = -*value;
        }
    }
    // The volatility of a price answers to what came before, never to what comes behind.
    if stream.random_bool(REVERSED) && !matches!(kind, SeriesKind::PricePath | SeriesKind::Volatility) {
        values.reverse();
    }
}
