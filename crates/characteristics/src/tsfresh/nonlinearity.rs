//! Products of three values: nonlinear dependence and asymmetry in time.

use super::feature::TsfreshFeature;
use super::summary::Summary;

const LAGS: [usize; 3] = [1, 2, 3];

pub(super) const FEATURES: [TsfreshFeature; 6] = [
    TsfreshFeature::new(
        "c3__lag_1",
        "mean of x₍ₜ₊₂ₗ₎ x₍ₜ₊ₗ₎ xₜ, l = 1, Schreiber and Schmitz 1997",
        "x³",
        "ℝ",
    ),
    TsfreshFeature::new("c3__lag_2", "the same, l = 2", "x³", "ℝ"),
    TsfreshFeature::new("c3__lag_3", "the same, l = 3", "x³", "ℝ"),
    TsfreshFeature::new(
        "time_reversal_asymmetry_statistic__lag_1",
        "mean of x₍ₜ₊₂ₗ₎² x₍ₜ₊ₗ₎ − x₍ₜ₊ₗ₎ xₜ², l = 1, Fulcher and Jones 2014",
        "x³",
        "ℝ",
    ),
    TsfreshFeature::new("time_reversal_asymmetry_statistic__lag_2", "the same, l = 2", "x³", "ℝ"),
    TsfreshFeature::new("time_reversal_asymmetry_statistic__lag_3", "the same, l = 3", "x³", "ℝ"),
];

pub(super) fn compute(window: &Summary<'_>, out: &mut [f64]) {
    let values = window.values;
    for (place, lag) in LAGS.into_iter().enumerate() {
        let triples = values.len() - 2 * lag;
        let (mut product, mut asymmetry) = (0.0, 0.0);
        for start in 0..triples {
            let (first, middle, last) = (values[start], values[start + lag], values[start + 2 * lag]);
            product += first * middle * last;
            asymmetry += middle * (last - first) * (last + first);
        }
        out[place] = product / triples as f64;
        out[LAGS.len() + place] = asymmetry / triples as f64;
    }
}
