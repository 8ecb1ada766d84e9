//! A convex combination of up to four series of other kinds.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Gamma};

use super::{SeriesKind, standardised};

/// Concentration of the weights.
const CONCENTRATION: f64 = 1.5;

pub(super) fn draw(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    let parts = stream.random_range(2..=4);
    let gamma = Gamma::new(CONCENTRATION, 1.0).expect("the concentration is positive");
    let weights: Vec<f64> = (0..parts).map(|_| gamma.sample(stream)).collect();
    let total: f64 = weights.iter().sum();
    let mut all = vec![0.0; length];
    for weight in weights {
        let kind = loop {
            let kind = SeriesKind::of(stream);
            if kind != SeriesKind::Mixture {
                break kind;
            }
        };
        for (value, part) in all.iter_mut().zip(standardised(kind.draw(stream, length))) {
            *value += weight / total * part;
        }
    }
    all
}
