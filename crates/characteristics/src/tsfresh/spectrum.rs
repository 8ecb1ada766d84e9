//! Discrete Fourier transform of the window.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlannerScalar};

use super::feature::TsfreshFeature;
use super::summary::Summary;

const COEFFICIENTS: usize = 5;
/// Below this variance of the spectrum tsfresh shows neither skew nor kurtosis.
const NARROW: f64 = 0.5;

pub(super) const FEATURES: [TsfreshFeature; 9] = [
    TsfreshFeature::new(
        "fft_coefficient__attr_\"abs\"__coeff_1",
        "|A₁|, Aₖ = Σ xₜ exp(−2πi k t/n)",
        "x",
        "≥ 0",
    ),
    TsfreshFeature::new("fft_coefficient__attr_\"abs\"__coeff_2", "|A₂|", "x", "≥ 0"),
    TsfreshFeature::new("fft_coefficient__attr_\"abs\"__coeff_3", "|A₃|", "x", "≥ 0"),
    TsfreshFeature::new("fft_coefficient__attr_\"abs\"__coeff_4", "|A₄|", "x", "≥ 0"),
    TsfreshFeature::new("fft_coefficient__attr_\"abs\"__coeff_5", "|A₅|", "x", "≥ 0"),
    TsfreshFeature::new(
        "fft_aggregated__aggtype_\"centroid\"",
        "c = m₁ with mₚ = Σ kᵖ |Aₖ| / Σ |Aₖ| over k = 0 … ⌊n/2⌋; 0 when all values are zero",
        "1/n",
        "[0, n/2]",
    ),
    TsfreshFeature::new(
        "fft_aggregated__aggtype_\"variance\"",
        "v = m₂ − c²; 0 when all values are zero",
        "1/n²",
        "≥ 0",
    ),
    TsfreshFeature::new(
        "fft_aggregated__aggtype_\"skew\"",
        "(m₃ − 3 c v − c³) / v^1.5; 0 when v < 0.5",
        "1",
        "ℝ",
    ),
    TsfreshFeature::new(
        "fft_aggregated__aggtype_\"kurtosis\"",
        "(m₄ − 4 c m₃ + 6 c² m₂ − 3 c) / v², as tsfresh has it (a fourth central moment would end in − 3 c⁴); \
         0 when v < 0.5",
        "1",
        "ℝ",
    ),
];

/// A transform of one length with its room; the scalar planner, so that every machine does the same steps.
#[derive(Clone)]
pub(super) struct Transform {
    fft: Arc<dyn Fft<f64>>,
    values: Vec<Complex<f64>>,
    room: Vec<Complex<f64>>,
}

impl Transform {
    pub(super) fn new(length: usize) -> Self {
        let fft = FftPlannerScalar::new().plan_fft_forward(length);
        let room = vec![Complex::default(); fft.get_inplace_scratch_len()];
        Self { fft, values: vec![Complex::default(); length], room }
    }

    /// Coefficients 0 … ⌊n/2⌋ of real values.
    pub(super) fn forward(&mut self, values: impl Iterator<Item = f64>) -> &[Complex<f64>] {
        for (slot, value) in self.values.iter_mut().zip(values) {
            *slot = Complex::new(value, 0.0);
        }
        self.fft.process_with_scratch(&mut self.values, &mut self.room);
        &self.values[..=self.values.len() / 2]
    }
}

/// The spectrum of the whole window.
#[derive(Clone)]
pub(super) struct Spectrum {
    transform: Transform,
}

impl Spectrum {
    pub(super) fn new(window: usize) -> Self {
        Self { transform: Transform::new(window) }
    }

    pub(super) fn compute(&mut self, window: &Summary<'_>, out: &mut [f64]) {
        let coefficients = self.transform.forward(window.values.iter().copied());
        for (slot, coefficient) in out[..COEFFICIENTS].iter_mut().zip(&coefficients[1..]) {
            *slot = coefficient.norm();
        }
        let mut moments = [0.0; 5];
        for (k, coefficient) in coefficients.iter().enumerate() {
            let mut term = coefficient.norm();
            for moment in &mut moments {
                *moment += term;
                term *= k as f64;
            }
        }
        out[COEFFICIENTS..].copy_from_slice(&aggregate(moments));
    }
}

/// Centroid, variance, skew and kurtosis of Σ kᵖ |Aₖ|, p = 0 … 4.
fn aggregate(moments: [f64; 5]) -> [f64; 4] {
    if moments[0] <= 0.0 {
        return [0.0; 4];
    }
    let [_, c, m2, m3, m4] = moments.map(|moment| moment / moments[0]);
    let v = m2 - c * c;
    if v < NARROW {
        return [c, v, 0.0, 0.0];
    }
    let skew = (m3 - 3.0 * c * v - c.powi(3)) / v.powf(1.5);
    let kurtosis = (m4 - 4.0 * c * m3 + 6.0 * c * c * m2 - 3.0 * c) / (v * v);
    [c, v, skew, kurtosis]
}
