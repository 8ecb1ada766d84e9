//! Equally wide bins between two values, and the entropy over them.

use super::entropy::entropy;

/// The most bins that are asked for.
const MOST: usize = 16;

/// Lower edge of bin `bin` of `bins` between `low` and `high`; the last edge is `high` itself.
pub(super) fn edge(bin: usize, bins: usize, low: f64, high: f64) -> f64 {
    if bin == bins { high } else { bin as f64 * ((high - low) / bins as f64) + low }
}

/// Bin of a value between `low` and `high`. A bin contains its lower edge, the last one also its upper.
fn bin_of(value: f64, bins: usize, low: f64, high: f64) -> usize {
    let guess = (((value - low) / (high - low) * bins as f64) as usize).min(bins - 1);
    // The quotient rounds: the edges decide.
    if value < edge(guess, bins, low, high) {
        guess - 1
    } else if guess + 1 < bins && value >= edge(guess + 1, bins, low, high) {
        guess + 1
    } else {
        guess
    }
}

/// Entropy −Σ p ln p over `bins` equally wide bins between `low` and `high`, the range of the values; 0 when
/// they are equal.
pub(super) fn binned_entropy(values: &[f64], bins: usize, low: f64, high: f64) -> f64 {
    let span = high - low;
    if span <= 0.0 || bins as f64 / span > f64::MAX {
        return 0.0;
    }
    let mut counts = [0_u32; MOST];
    for &value in values {
        counts[bin_of(value, bins, low, high)] += 1;
    }
    entropy(&counts[..bins], values.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `numpy.histogram` of (low, value, high) counts.
    #[test]
    fn edges_decide_where_the_quotient_rounds() {
        for (value, low, high, bin) in [(-0.1, -0.5, 0.3, 4), (0.1, -0.5, 1.0, 4), (-0.4, -0.5, 0.5, 1)] {
            assert_eq!(bin_of(value, 10, low, high), bin, "{value} between {low} and {high}");
        }
    }

    #[test]
    fn both_ends_are_inside() {
        assert_eq!([0.0, 1.0].map(|value| bin_of(value, 10, 0.0, 1.0)), [0, 9]);
        assert!((binned_entropy(&[0.0, 0.0, 1.0, 1.0], 2, 0.0, 1.0) - 2.0_f64.ln()).abs() < 1e-15);
    }
}
