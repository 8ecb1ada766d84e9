//! From calibrated class probabilities to the share of capital in the market.

use thiserror::Error;

/// Exposure to direction: p(rise) − p(fall), nothing below a threshold, scaled and clipped.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectionExposure {
    bullish: Vec<usize>,
    bearish: Vec<usize>,
    threshold: f64,
    scale: f64,
    long_only: bool,
}

/// Exposure to a market whose volatility is forecast: long only, min(1, target / expected).
#[derive(Debug, Clone, PartialEq)]
pub struct VolatilityExposure {
    of_class: Vec<f64>,
    target: f64,
}

impl DirectionExposure {
    /// `bullish` and `bearish` are the classes in which the price rises or falls. Where
    /// |p(rise) − p(fall)| < `threshold` the exposure is 0, elsewhere the difference times `scale`, within
    /// −1 and 1; with `long_only` not below 0.
    ///
    /// # Errors
    /// When a class is in both lists or both are empty, the threshold is outside [0, 1], or the scale is not
    /// a positive number.
    pub fn new(
        bullish: Vec<usize>,
        bearish: Vec<usize>,
        threshold: f64,
        scale: f64,
        long_only: bool,
    ) -> Result<Self, ExposureError> {
        if bullish.is_empty() && bearish.is_empty() {
            return Err(ExposureError::NoDirection);
        }
        if let Some(class) = bullish.iter().find(|class| bearish.contains(class)) {
            return Err(ExposureError::BothWays(*class));
        }
        if !(0.0..=1.0).contains(&threshold) {
            return Err(ExposureError::Threshold(threshold));
        }
        if !(scale.is_finite() && scale > 0.0) {
            return Err(ExposureError::Scale(scale));
        }
        Ok(Self { bullish, bearish, threshold, scale, long_only })
    }

    /// Exposure for one row of class probabilities, in [−1, 1].
    ///
    /// # Panics
    /// When a class of the rule is not among them.
    pub fn of(&self, probabilities: &[f64]) -> f64 {
        let sum = |classes: &[usize]| classes.iter().map(|class| probabilities[*class]).sum::<f64>();
        let edge = sum(&self.bullish) - sum(&self.bearish);
        if edge.abs() < self.threshold {
            return 0.0;
        }
        (edge * self.scale).clamp(if self.long_only { 0.0 } else { -1.0 }, 1.0)
    }
}

impl VolatilityExposure {
    /// `of_class` is the mean volatility of each class on the training rows, in the unit of `target`.
    ///
    /// # Errors
    /// When there is no class, or a volatility or the target is not a positive number.
    pub fn new(of_class: Vec<f64>, target: f64) -> Result<Self, ExposureError> {
        if of_class.is_empty() {
            return Err(ExposureError::NoDirection);
        }
        let wrong = of_class.iter().chain([&target]).copied().find(|vol| !(vol.is_finite() && *vol > 0.0));
        wrong.map_or(Ok(Self { of_class, target }), |vol| Err(ExposureError::Volatility(vol)))
    }

    /// min(1, target / Σ p · volatility of the class), in (0, 1].
    ///
    /// # Panics
    /// When there are not as many probabilities as classes.
    pub fn of(&self, probabilities: &[f64]) -> f64 {
        assert_eq!(probabilities.len(), self.of_class.len(), "one probability for each class");
        let expected: f64 = probabilities.iter().zip(&self.of_class).map(|(p, vol)| p * vol).sum();
        if expected > self.target { self.target / expected } else { 1.0 }
    }
}

/// Why an exposure rule was refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ExposureError {
    /// No class to act on.
    #[error("no class moves the exposure: name at least one")]
    NoDirection,
    /// A class that rises and falls.
    #[error("class {0} is both bullish and bearish: keep it in one list")]
    BothWays(usize),
    /// Not in [0, 1].
    #[error("the threshold {0} is not a difference of probabilities: choose one in [0, 1]")]
    Threshold(f64),
    /// Not positive.
    #[error("the scale {0} is not a positive number")]
    Scale(f64),
    /// Not positive.
    #[error("a volatility of {0} is not a positive number: measure it on the training rows")]
    Volatility(f64),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn direction_below_above_and_beyond() {
        let rule = DirectionExposure::new(vec![0], vec![2], 0.1, 2.0, false).unwrap();
        let close = |p: [f64; 3], exposure: f64| assert!((rule.of(&p) - exposure).abs() < 1e-12, "{p:?}");
        close([0.35, 0.35, 0.3], 0.0);
        close([0.5, 0.2, 0.3], 0.4);
        close([0.2, 0.1, 0.7], -1.0);
        let long = DirectionExposure { long_only: true, ..rule };
        assert!(long.of(&[0.2, 0.1, 0.7]).abs() < 1e-12);
    }

    #[test]
    fn volatility_above_the_target_reduces() {
        let rule = VolatilityExposure::new(vec![0.01, 0.03], 0.015).unwrap();
        assert!((rule.of(&[0.5, 0.5]) - 0.75).abs() < 1e-12);
        assert!((rule.of(&[1.0, 0.0]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn impossible_rules_are_refused() {
        let direction =
            |up, down, threshold, scale| DirectionExposure::new(up, down, threshold, scale, false);
        assert_eq!(direction(vec![], vec![], 0.1, 1.0), Err(ExposureError::NoDirection));
        assert_eq!(direction(vec![1], vec![1], 0.1, 1.0), Err(ExposureError::BothWays(1)));
        assert_eq!(direction(vec![1], vec![0], 1.1, 1.0), Err(ExposureError::Threshold(1.1)));
        assert!(direction(vec![1], vec![0], 0.1, f64::NAN).is_err());
        assert_eq!(VolatilityExposure::new(vec![0.0], 1.0), Err(ExposureError::Volatility(0.0)));
        assert!(VolatilityExposure::new(vec![1.0], f64::INFINITY).is_err());
    }

    proptest! {
        /// What speaks for one side speaks against the other, and nobody borrows.
        #[test]
        fn mirrored_probabilities_mirror_the_exposure(up in 0.0_f64..1.0, share in 0.0_f64..1.0, threshold in 0.0_f64..1.0, scale in 0.1_f64..9.0) {
            let down = (1.0 - up) * share;
            let rule = DirectionExposure::new(vec![0], vec![1], threshold, scale, false).unwrap();
            let (straight, mirrored) = (rule.of(&[up, down]), rule.of(&[down, up]));
            prop_assert!((straight + mirrored).abs() < 1e-12 && straight.abs() <= 1.0);
        }
    }
}
