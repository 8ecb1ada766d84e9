//! The distribution of the values without their order in time.

use std::io::Write;

use super::feature::TsfreshFeature;
use super::histogram::binned_entropy;
use super::summary::Summary;

const QUANTILES: [f64; 6] = [0.1, 0.2, 0.3, 0.7, 0.8, 0.9];
const SIGMAS: [f64; 5] = [0.5, 1.0, 1.5, 2.0, 3.0];
const LARGEST: usize = 7;

pub(super) const FEATURES: [TsfreshFeature; 16] = [
    TsfreshFeature::new("quantile__q_0.1", "10% quantile, linear between order statistics", "x", "ℝ"),
    TsfreshFeature::new("quantile__q_0.2", "20% quantile", "x", "ℝ"),
    TsfreshFeature::new("quantile__q_0.3", "30% quantile", "x", "ℝ"),
    TsfreshFeature::new("quantile__q_0.7", "70% quantile", "x", "ℝ"),
    TsfreshFeature::new("quantile__q_0.8", "80% quantile", "x", "ℝ"),
    TsfreshFeature::new("quantile__q_0.9", "90% quantile", "x", "ℝ"),
    TsfreshFeature::new("ratio_beyond_r_sigma__r_0.5", "share of |x − μ| > 0.5 σ", "1", "[0, 1]"),
    TsfreshFeature::new("ratio_beyond_r_sigma__r_1", "share of |x − μ| > σ", "1", "[0, 1]"),
    TsfreshFeature::new("ratio_beyond_r_sigma__r_1.5", "share of |x − μ| > 1.5 σ", "1", "[0, 1]"),
    TsfreshFeature::new("ratio_beyond_r_sigma__r_2", "share of |x − μ| > 2 σ", "1", "[0, 1]"),
    TsfreshFeature::new("ratio_beyond_r_sigma__r_3", "share of |x − μ| > 3 σ", "1", "[0, 1]"),
    TsfreshFeature::new("mean_n_absolute_max__number_of_maxima_7", "mean of the 7 largest |x|", "x", "≥ 0"),
    TsfreshFeature::new("large_standard_deviation__r_0.25", "1 when σ > 0.25 (max − min)", "1", "0 or 1"),
    TsfreshFeature::new("symmetry_looking__r_0.05", "1 when |μ − median| < 0.05 (max − min)", "1", "0 or 1"),
    TsfreshFeature::new(
        "binned_entropy__max_bins_10",
        "−Σ p ln p over 10 equal bins from min to max; 0 when constant",
        "nats",
        "[0, ln 10]",
    ),
    TsfreshFeature::new(
        "benford_correlation",
        "correlation of the shares of first digits 1 … 9 with log₁₀(1 + 1/d); 0 when all values are zero",
        "1",
        "[−1, 1]",
    ),
];

pub(super) fn compute(window: &Summary<'_>, out: &mut [f64]) {
    let (minimum, maximum) = (window.minimum(), window.maximum());
    let span = maximum - minimum;
    for (slot, q) in out.iter_mut().zip(QUANTILES) {
        *slot = window.quantile(q);
    }
    for (slot, r) in out[6..].iter_mut().zip(SIGMAS) {
        let limit = r * window.deviation;
        *slot = window.deviations.iter().filter(|d| d.abs() > limit).count() as f64 / window.n();
    }
    out[11] = mean_of_largest(window.sorted);
    out[12] = f64::from(u8::from(window.deviation > 0.25 * span));
    out[13] = f64::from(u8::from((window.mean - window.quantile(0.5)).abs() < 0.05 * span));
    out[14] = binned_entropy(window.values, 10, minimum, maximum);
    out[15] = benford_correlation(window.values);
}

/// Mean of the largest absolute values: they are at the two ends of the sorted window.
fn mean_of_largest(sorted: &[f64]) -> f64 {
    let (mut low, mut high) = (0, sorted.len() - 1);
    let mut total = 0.0;
    for _ in 0..LARGEST {
        if sorted[low].abs() > sorted[high].abs() {
            total += sorted[low].abs();
            low += 1;
        } else {
            total += sorted[high].abs();
            high -= 1;
        }
    }
    total / LARGEST as f64
}

fn benford_correlation(values: &[f64]) -> f64 {
    let mut counts = [0.0; 9];
    for &value in values {
        if let Some(digit) = first_digit(value) {
            counts[digit - 1] += 1.0;
        }
    }
    let n = values.len() as f64;
    let shares = counts.map(|count| count / n);
    let law: [f64; 9] = std::array::from_fn(|digit| (1.0 + 1.0 / (digit as f64 + 1.0)).log10());
    let (mean_share, mean_law) = (shares.iter().sum::<f64>() / 9.0, law.iter().sum::<f64>() / 9.0);
    let (mut product, mut share_square, mut law_square) = (0.0, 0.0, 0.0);
    for (share, law) in shares.iter().zip(law) {
        let (a, b) = (share - mean_share, law - mean_law);
        product += a * b;
        share_square += a * a;
        law_square += b * b;
    }
    if share_square > 0.0 { (product / (share_square * law_square).sqrt()).clamp(-1.0, 1.0) } else { 0.0 }
}

/// First significant digit of the shortest decimal that reads back as `value`; None for zero.
fn first_digit(value: f64) -> Option<usize> {
    let mut text = [0_u8; 32];
    write!(&mut text[..], "{:e}", value.abs()).ok()?;
    match text[0] {
        digit @ b'1'..=b'9' => Some(usize::from(digit - b'0')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_digits_are_those_of_the_shortest_decimal() {
        let digits = [0.001, 0.000_999_999_9, -0.3, 5e-324, 1e60, 29.99].map(first_digit);
        assert_eq!(digits, [Some(1), Some(9), Some(3), Some(5), Some(1), Some(2)]);
        assert_eq!([0.0, -0.0].map(first_digit), [None, None]);
    }

    #[test]
    fn the_seven_largest_are_at_both_ends() {
        let sorted = [-9.0, -5.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 6.0];
        assert!((mean_of_largest(&sorted) - (9.0 + 6.0 + 5.0 + 4.0 + 3.0 + 2.0 + 1.0) / 7.0).abs() < 1e-15);
    }
}
