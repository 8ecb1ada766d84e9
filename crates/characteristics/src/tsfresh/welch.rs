//! Power spectral density by Welch's method.

use std::f64::consts::TAU;

use super::feature::TsfreshFeature;
use super::histogram::binned_entropy;
use super::spectrum::Transform;
use super::summary::{Summary, mean};

const LONGEST_SEGMENT: usize = 256;
const COEFFICIENTS: [usize; 3] = [2, 5, 8];
const ENTROPY_BINS: [usize; 2] = [2, 5];

pub(super) const FEATURES: [TsfreshFeature; 5] = [
    TsfreshFeature::new(
        "spkt_welch_density__coeff_2",
        "one-sided power density at 2/L cycles a bar: Hann segments of L = min(n, 256), half overlapping, each \
         less its mean",
        "x²",
        "≥ 0",
    ),
    TsfreshFeature::new("spkt_welch_density__coeff_5", "the same at 5/L", "x²", "≥ 0"),
    TsfreshFeature::new("spkt_welch_density__coeff_8", "the same at 8/L", "x²", "≥ 0"),
    TsfreshFeature::new(
        "fourier_entropy__bins_2",
        "−Σ p ln p of the density's values in 2 equal bins from least to largest; 0 when constant",
        "nats",
        "[0, ln 2]",
    ),
    TsfreshFeature::new("fourier_entropy__bins_5", "the same in 5 bins", "nats", "[0, ln 5]"),
];

/// Room for the density.
#[derive(Clone)]
pub(super) struct Welch {
    transform: Transform,
    taper: Vec<f64>,
    density: Vec<f64>,
}

impl Welch {
    pub(super) fn new(window: usize) -> Self {
        let length = window.min(LONGEST_SEGMENT);
        let taper = (0..length).map(|t| 0.5 - 0.5 * (TAU * t as f64 / length as f64).cos()).collect();
        Self { transform: Transform::new(length), taper, density: vec![0.0; length / 2 + 1] }
    }

    pub(super) fn compute(&mut self, window: &Summary<'_>, out: &mut [f64]) {
        self.estimate(window);
        for (slot, coefficient) in out.iter_mut().zip(COEFFICIENTS) {
            *slot = self.density[coefficient];
        }
        let least = self.density.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = self.density.iter().copied().fold(0.0, f64::max);
        for (slot, bins) in out[COEFFICIENTS.len()..].iter_mut().zip(ENTROPY_BINS) {
            *slot = binned_entropy(&self.density, bins, least, largest);
        }
    }

    /// Mean density of the segments; zero when the window is constant.
    fn estimate(&mut self, window: &Summary<'_>) {
        let length = self.taper.len();
        self.density.fill(0.0);
        if window.variance <= 0.0 {
            return;
        }
        let step = length - length / 2;
        let segments = (window.values.len() - length) / step + 1;
        for segment in window.values.windows(length).step_by(step) {
            let centre = mean(segment);
            let tapered = segment.iter().zip(&self.taper).map(|(value, taper)| (value - centre) * taper);
            let coefficients = self.transform.forward(tapered);
            for (density, coefficient) in self.density.iter_mut().zip(coefficients) {
                *density += coefficient.norm_sqr();
            }
        }
        let power: f64 = self.taper.iter().map(|taper| taper * taper).sum();
        for (k, density) in self.density.iter_mut().enumerate() {
            // The negative frequencies count too; frequency 0 and n/2 have none.
            let sides = if k == 0 || 2 * k == length { 1.0 } else { 2.0 };
            *density *= sides / (power * segments as f64);
        }
    }
}
