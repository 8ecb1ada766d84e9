//! Standard scores of a window, what all of catch22 looks at.

/// Fills `scores` with `(x − mean) / s`, where s is the standard deviation with n − 1; false where
/// there are none: all values equal, one not finite, or a variance that a double does not hold.
pub(super) fn standardize(values: &[f64], scores: &mut [f64]) -> bool {
    let Some(&first) = values.first() else { return false };
    if values.iter().all(|value| value - first == 0.0) {
        return false;
    }
    let mean = mean(values);
    let deviation = standard_deviation(values, mean);
    if !(deviation.is_normal() && mean.is_finite()) {
        return false;
    }
    for (score, &value) in scores.iter_mut().zip(values) {
        *score = (value - mean) / deviation;
    }
    true
}

/// The mean, added up from the first value to the last.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation with n − 1 around `mean`.
pub(super) fn standard_deviation(values: &[f64], mean: f64) -> f64 {
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (squares / (values.len() as f64 - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::standardize;

    #[test]
    fn scores_have_mean_zero_and_deviation_one() {
        let mut scores = [0.0; 3];
        assert!(standardize(&[1.0, 3.0, 5.0], &mut scores));
        assert!(
            scores.iter().zip([-1.0, 0.0, 1.0]).all(|(score, expected)| (score - expected).abs() < 1e-12)
        );
    }

    #[test]
    fn what_has_no_spread_has_no_scores() {
        let mut scores = [0.0; 3];
        for values in
            [[0.1; 3], [1.0, f64::NAN, 2.0], [1.0, f64::INFINITY, 2.0], [1e300, -1e300, 0.0], [f64::NAN; 3]]
        {
            assert!(!standardize(&values, &mut scores), "{values:?}");
        }
        assert!(!standardize(&[], &mut []));
    }
}
