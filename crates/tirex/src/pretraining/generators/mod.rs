//! Series without any real data in them.
//!
//! Every series is a function of a seed and an index, so that any of them can be made again, on any thread. Indices of which
//! one in fifty belongs to validation ([`is_held_out`]) are never trained on.

mod augment;
pub(super) mod gaussian_process;
mod mixture;
mod paths;
mod seasonal;
mod shocks;
mod volatility;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Kinds of series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeriesKind {
    /// Sums and products of draws from Gaussian processes: smooth, rough, periodic, trending.
    GaussianProcess,
    /// A price: Markov-switching GARCH returns, added up, or its exponential.
    PricePath,
    /// Returns of such a price, their size, or their volatility.
    Volatility,
    /// Counts with the seasons of day and week, and bursts.
    Seasonal,
    /// Autoregressions, exponential smoothing, mean reversion; with level shifts, breaks and outliers.
    Shocks,
    /// A convex combination of some of the others.
    Mixture,
}

impl SeriesKind {
    /// All of them, with their share of the series in percent.
    pub const SHARES: [(Self, u32); 6] = [
        (Self::GaussianProcess, 35),
        (Self::PricePath, 25),
        (Self::Volatility, 10),
        (Self::Seasonal, 10),
        (Self::Shocks, 10),
        (Self::Mixture, 10),
    ];

    /// The kind of a series.
    fn of(stream: &mut ChaCha8Rng) -> Self {
        let mut place = stream.random_range(0..100);
        for (kind, share) in Self::SHARES {
            if place < share {
                return kind;
            }
            place -= share;
        }
        Self::Mixture
    }

    /// A series of this kind, before it is changed.
    fn draw(self, stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
        match self {
            Self::GaussianProcess => gaussian_process::draw(stream, length),
            Self::PricePath => paths::draw(stream, length),
            Self::Volatility => volatility::draw(stream, length),
            Self::Seasonal => seasonal::draw(stream, length),
            Self::Shocks => shocks::draw(stream, length),
            Self::Mixture => mixture::draw(stream, length),
        }
    }
}

/// A made-up series.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeUp {
    /// Its kind.
    pub kind: SeriesKind,
    /// Finite values.
    pub values: Vec<f32>,
}

/// Series `index` of a seed.
pub fn series(seed: u64, index: u64, length: usize) -> MadeUp {
    let mut stream = stream(seed, index);
    let kind = SeriesKind::of(&mut stream);
    of_kind(kind, &mut stream, length)
}

/// Series `index` of a seed and a kind.
pub fn series_of(kind: SeriesKind, seed: u64, index: u64, length: usize) -> MadeUp {
    let mut stream = stream(seed, index);
    let _ = SeriesKind::of(&mut stream);
    of_kind(kind, &mut stream, length)
}

/// The `number`-th series of a seed that no model of that seed learnt from, had it been of this kind.
pub fn held_out_series(kind: SeriesKind, seed: u64, number: u64, length: usize) -> Vec<f32> {
    series_of(kind, seed, to_judge_by(number), length).values
}

/// One series in so many is for validation only.
const HELD_OUT: u64 = 50;

/// Whether a series is for validation only.
pub fn is_held_out(index: u64) -> bool {
    index % HELD_OUT == HELD_OUT - 1
}

/// The index of the `number`-th series that is not held out.
pub(super) fn to_learn_from(number: u64) -> u64 {
    number / (HELD_OUT - 1) * HELD_OUT + number % (HELD_OUT - 1)
}

/// The index of the `number`-th series that is.
pub(super) fn to_judge_by(number: u64) -> u64 {
    number * HELD_OUT + HELD_OUT - 1
}

fn of_kind(kind: SeriesKind, stream: &mut ChaCha8Rng, length: usize) -> MadeUp {
    let mut values = kind.draw(stream, length);
    augment::change(kind, stream, &mut values);
    MadeUp { kind, values: values.into_iter().map(|value| value as f32).collect() }
}

pub(super) fn stream(seed: u64, index: u64) -> ChaCha8Rng {
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    stream.set_stream(index);
    stream
}

/// Values with mean 0 and deviation 1; what does not vary becomes 0.
fn standardised(mut values: Vec<f64>) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
    let scale = if deviation > 1e-12 { deviation.recip() } else { 0.0 };
    for value in &mut values {
        *value = (*value - mean) * scale;
    }
    values
}

/// A number whose logarithm is uniform.
fn log_uniform(stream: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    stream.random_range(low.ln()..high.ln()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_finite_varies_and_repeats() {
        for (kind, _) in SeriesKind::SHARES {
            let mut constant = 0;
            for index in 0..200 {
                let made = series_of(kind, 3, index, 300);
                assert_eq!(made.values.len(), 300);
                assert!(made.values.iter().all(|value| value.is_finite()), "{kind:?} {index}");
                constant +=
                    usize::from(made.values.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits()));
                assert_eq!(made, series_of(kind, 3, index, 300));
            }
            assert!(constant <= 4, "{constant} of 200 {kind:?} do not vary");
        }
    }

    #[test]
    fn kinds_come_in_their_shares_and_seeds_differ() {
        let n = 4000;
        for (kind, share) in SeriesKind::SHARES {
            let found = (0..n).filter(|index| SeriesKind::of(&mut stream(5, *index)) == kind).count();
            let expected = f64::from(share) / 100.0 * n as f64;
            assert!(
                (found as f64 - expected).abs() < 4.0 * expected.sqrt(),
                "{kind:?}: {found} for {expected}"
            );
        }
        assert_ne!(series(1, 0, 100), series(2, 0, 100));
        assert_ne!(series(1, 0, 100).values, series(1, 1, 100).values);
    }
}
