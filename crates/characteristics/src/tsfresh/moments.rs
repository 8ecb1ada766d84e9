//! Size and shape of the distribution by its moments and extremes.

use super::feature::TsfreshFeature;
use super::summary::{Summary, dot, quantile, sum};

pub(super) const FEATURES: [TsfreshFeature; 12] = [
    TsfreshFeature::new("sum_values", "Σ x", "x", "ℝ"),
    TsfreshFeature::new("median", "middle of the sorted values", "x", "ℝ"),
    TsfreshFeature::new("mean", "μ = Σ x / n", "x", "ℝ"),
    TsfreshFeature::new("standard_deviation", "σ = √(Σ (x − μ)² / n)", "x", "≥ 0"),
    TsfreshFeature::new("variance", "σ²", "x²", "≥ 0"),
    TsfreshFeature::new("root_mean_square", "√(Σ x² / n)", "x", "≥ 0"),
    TsfreshFeature::new("maximum", "largest value", "x", "ℝ"),
    TsfreshFeature::new("absolute_maximum", "largest |x|", "x", "≥ 0"),
    TsfreshFeature::new("minimum", "smallest value", "x", "ℝ"),
    TsfreshFeature::new("abs_energy", "Σ x²", "x²", "≥ 0"),
    TsfreshFeature::new("skewness", "G₁ = √(n(n − 1))/(n − 2) · m₃/m₂^1.5; 0 when constant", "1", "ℝ"),
    TsfreshFeature::new(
        "kurtosis",
        "G₂ = (n − 1)/((n − 2)(n − 3)) · ((n + 1) m₄/m₂² − 3(n − 1)), in excess of the normal; 0 when constant",
        "1",
        "≥ −2(n − 1)/(n − 3)",
    ),
];

pub(super) fn compute(window: &Summary<'_>, out: &mut [f64]) {
    let n = window.n();
    let energy = dot(window.values, window.values);
    out[0] = sum(window.values);
    out[1] = quantile(window.sorted, 0.5);
    out[2] = window.mean;
    out[3] = window.deviation;
    out[4] = window.variance;
    out[5] = (energy / n).sqrt();
    out[6] = window.maximum();
    out[7] = window.maximum().max(-window.minimum());
    out[8] = window.minimum();
    out[9] = energy;
    (out[10], out[11]) = standardised_moments(window);
}

/// Adjusted skewness and kurtosis; of deviations in units of σ, so that small values do not underflow.
fn standardised_moments(window: &Summary<'_>) -> (f64, f64) {
    let n = window.n();
    if window.deviation <= 0.0 {
        return (0.0, 0.0);
    }
    let (mut third, mut fourth) = (0.0, 0.0);
    for deviation in window.deviations {
        let z = deviation / window.deviation;
        let square = z * z;
        third += square * z;
        fourth += square * square;
    }
    let skewness = (n * (n - 1.0)).sqrt() / (n - 2.0) * (third / n);
    let excess = (n + 1.0) * (fourth / n) - 3.0 * (n - 1.0);
    (skewness, (n - 1.0) / ((n - 2.0) * (n - 3.0)) * excess)
}
