//! The longest runs of a property from one value to the next.

use super::standard_scores::mean;

/// `stretch_high`: the most successive values above the mean.
pub(super) fn longest_above_mean(scores: &[f64]) -> f64 {
    let mean = mean(scores);
    longest_run(scores.iter().map(|score| score - mean > 0.0)) as f64
}

/// `stretch_decreasing`: the most successive differences that are not positive.
pub(super) fn longest_decrease(differences: &[f64]) -> f64 {
    longest_run(differences.iter().map(|&difference| difference <= 0.0)) as f64
}

/// The most successive `true`.
fn longest_run(flags: impl Iterator<Item = bool>) -> usize {
    let (mut longest, mut current) = (0, 0);
    for flag in flags {
        current = if flag { current + 1 } else { 0 };
        longest = longest.max(current);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::{longest_above_mean, longest_decrease, longest_run};

    #[test]
    fn the_longest_run_counts_at_the_ends_too() {
        let run = |flags: &[u8]| longest_run(flags.iter().map(|&flag| flag == 1));
        assert_eq!(run(&[1, 1, 0, 1]), 2);
        assert_eq!(run(&[1, 0, 1, 1, 1]), 3);
        assert_eq!(run(&[0, 0]), 0);
        assert_eq!(run(&[]), 0);
    }

    #[test]
    fn a_value_at_the_mean_is_not_high_and_no_change_is_no_rise() {
        assert!((longest_above_mean(&[0.0, 0.0, 0.0, 1.0, 1.0, -1.0, -1.0, 0.0]) - 2.0).abs() < 1e-12);
        assert!((longest_decrease(&[0.5, 0.0, -1.0, 0.0, 0.5]) - 3.0).abs() < 1e-12);
    }
}
