//! Runs above and below the mean, crossings of zero, peaks.

use super::feature::TsfreshFeature;
use super::summary::Summary;

const SUPPORTS: [usize; 3] = [1, 3, 5];

pub(super) const FEATURES: [TsfreshFeature; 8] = [
    TsfreshFeature::new("count_above_mean", "number of x > μ", "bars", "0 … n"),
    TsfreshFeature::new("count_below_mean", "number of x < μ", "bars", "0 … n"),
    TsfreshFeature::new("longest_strike_above_mean", "longest run of x > μ", "bars", "0 … n"),
    TsfreshFeature::new("longest_strike_below_mean", "longest run of x < μ", "bars", "0 … n"),
    TsfreshFeature::new(
        "number_crossing_m__m_0",
        "neighbours of which one is > 0 and the other is not",
        "1",
        "0 … n − 1",
    ),
    TsfreshFeature::new("number_peaks__n_1", "values above both neighbours", "1", "≥ 0"),
    TsfreshFeature::new("number_peaks__n_3", "values above the three neighbours on either side", "1", "≥ 0"),
    TsfreshFeature::new("number_peaks__n_5", "values above the five neighbours on either side", "1", "≥ 0"),
];

pub(super) fn compute(window: &Summary<'_>, out: &mut [f64]) {
    let (values, mean) = (window.values, window.mean);
    (out[0], out[2]) = count_and_longest(values, |value| value > mean);
    (out[1], out[3]) = count_and_longest(values, |value| value < mean);
    out[4] = values.windows(2).filter(|pair| (pair[0] > 0.0) != (pair[1] > 0.0)).count() as f64;
    for (slot, support) in out[5..].iter_mut().zip(SUPPORTS) {
        *slot = peaks(values, support) as f64;
    }
}

/// How many values fulfil a condition, and how many in a row at most.
fn count_and_longest(values: &[f64], condition: impl Fn(f64) -> bool) -> (f64, f64) {
    let (mut count, mut run, mut longest) = (0_u32, 0_u32, 0_u32);
    for &value in values {
        if condition(value) {
            count += 1;
            run += 1;
            longest = longest.max(run);
        } else {
            run = 0;
        }
    }
    (f64::from(count), f64::from(longest))
}

/// Values that have `support` smaller neighbours on either side.
fn peaks(values: &[f64], support: usize) -> usize {
    let is_peak = |neighbourhood: &&[f64]| {
        let (left, right) = neighbourhood.split_at(support);
        left.iter().chain(&right[1..]).all(|neighbour| right[0] > *neighbour)
    };
    values.windows(2 * support + 1).filter(is_peak).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_stands_above_its_neighbours_on_both_sides() {
        let values = [3.0, 0.0, 0.0, 4.0, 0.0, 0.0, 13.0];
        assert_eq!([1, 2, 3].map(|support| peaks(&values, support)), [1, 1, 0]);
        assert_eq!(peaks(&[0.0, 1.0, 1.0, 0.0], 1), 0, "a plateau is none");
    }

    #[test]
    fn a_run_ends_where_the_condition_does() {
        let (count, longest) = count_and_longest(&[1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0], |value| value > 0.0);
        assert!((count, longest) == (5.0, 3.0));
    }
}
