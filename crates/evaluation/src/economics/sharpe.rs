//! The Sharpe ratio, and what is left of it once the shape of the returns and the search are counted.

use serde::Serialize;
use statrs::function::erf::{erf_inv, erfc};

/// γ in the expected maximum of normal draws.
const EULER_MASCHERONI: f64 = 0.577_215_664_901_532_9;
/// Variance below this share of the mean square is rounding, not variance.
const NO_VARIANCE: f64 = 1e-12;

/// Mean over standard deviation of returns, with what decides its precision. Per period, not annualised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SharpeSample {
    /// Mean / standard deviation (n − 1).
    pub ratio: f64,
    /// Number of returns.
    pub periods: f64,
    /// Third standardised moment.
    pub skewness: f64,
    /// Fourth standardised moment, 3 for the normal distribution.
    pub kurtosis: f64,
}

/// How many strategies were tried, and how far their Sharpe ratios lay apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Trials {
    /// Independent trials.
    pub count: u64,
    /// Variance of their Sharpe ratios, per period.
    pub variance: f64,
}

impl SharpeSample {
    /// Of returns of equal periods; none for fewer than three or when they do not vary.
    pub fn of(returns: &[f64]) -> Option<Self> {
        let n = returns.len() as f64;
        if returns.len() < 3 {
            return None;
        }
        let mean = returns.iter().sum::<f64>() / n;
        let moment = |power: i32| returns.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / n;
        let variance = moment(2);
        if variance.is_nan() || variance <= NO_VARIANCE * mean * mean || variance <= 0.0 {
            return None;
        }
        let sample = Self {
            ratio: mean / (variance * n / (n - 1.0)).sqrt(),
            periods: n,
            skewness: moment(3) / variance.powf(1.5),
            kurtosis: moment(4) / variance.powi(2),
        };
        [sample.ratio, sample.skewness, sample.kurtosis]
            .iter()
            .all(|value| value.is_finite())
            .then_some(sample)
    }

    /// Probabilistic Sharpe ratio (Bailey and López de Prado 2012): how probable it is that the true ratio
    /// exceeds `benchmark` (per period),
    /// Φ((SR − SR*) √(n − 1) / √(1 − γ₃ SR + (γ₄ − 1)/4 · SR²)). It takes the returns as independent. None
    /// where the root has no value.
    pub fn probability_above(&self, benchmark: f64) -> Option<f64> {
        let spread = 1.0 - self.skewness * self.ratio + (self.kurtosis - 1.0) / 4.0 * self.ratio * self.ratio;
        let probability =
            normal_probability((self.ratio - benchmark) * (self.periods - 1.0).sqrt() / spread.sqrt());
        (spread > 0.0 && probability.is_finite()).then_some(probability)
    }

    /// Deflated Sharpe ratio (Bailey and López de Prado 2014): the probability that the true ratio exceeds
    /// what the best of so many worthless trials would show.
    pub fn deflated(&self, trials: Trials) -> Option<f64> {
        self.probability_above(trials.expected_maximum()?)
    }
}

impl Trials {
    /// From the ratios of all trials, per period. None for fewer than two.
    pub fn of(ratios: &[f64]) -> Option<Self> {
        let n = ratios.len() as f64;
        let mean = ratios.iter().sum::<f64>() / n;
        let variance = ratios.iter().map(|ratio| (ratio - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (ratios.len() > 1 && variance.is_finite()).then_some(Self { count: ratios.len() as u64, variance })
    }

    /// Expected best ratio when every true one is 0:
    /// √V ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e))); 0 for one trial. None without trials, or when the
    /// variance is no variance.
    pub fn expected_maximum(&self) -> Option<f64> {
        if self.count == 0 || !(self.variance.is_finite() && self.variance >= 0.0) {
            return None;
        }
        if self.count == 1 {
            return Some(0.0);
        }
        let n = self.count as f64;
        let best = (1.0 - EULER_MASCHERONI) * normal_quantile(1.0 - 1.0 / n)
            + EULER_MASCHERONI * normal_quantile(1.0 - 1.0 / (n * std::f64::consts::E));
        Some(self.variance.sqrt() * best)
    }
}

/// Φ.
fn normal_probability(z: f64) -> f64 {
    erfc(-z / std::f64::consts::SQRT_2) / 2.0
}

/// Φ⁻¹.
fn normal_quantile(probability: f64) -> f64 {
    std::f64::consts::SQRT_2 * erf_inv(2.0 * probability - 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The numerical example of Bailey and López de Prado (2014), "The Deflated Sharpe Ratio": an annual
    /// ratio of 2.5 over 1,250 daily returns with skewness −3 and kurtosis 10, the best of 100 trials whose
    /// annual ratios have variance ½, 250 days a year. They find SR* = .1132 and DSR = .9004; with 46 trials
    /// .9505; and with normal returns 88 trials would do for .9505.
    #[test]
    fn published_example_of_the_deflated_ratio() {
        let sample =
            SharpeSample { ratio: 2.5 / 250.0_f64.sqrt(), periods: 1250.0, skewness: -3.0, kurtosis: 10.0 };
        let trials = |count| Trials { count, variance: 0.5 / 250.0 };
        let close = |a: f64, b: f64| assert!((a - b).abs() < 5e-5, "{a} is not {b}");
        close(trials(100).expected_maximum().unwrap(), 0.1132);
        close(sample.deflated(trials(100)).unwrap(), 0.9004);
        close(sample.deflated(trials(46)).unwrap(), 0.9505);
        let normal = SharpeSample { skewness: 0.0, kurtosis: 3.0, ..sample };
        close(normal.deflated(trials(88)).unwrap(), 0.9505);
    }

    #[test]
    fn what_has_no_ratio() {
        assert_eq!(SharpeSample::of(&[0.0; 50]), None);
        assert_eq!(SharpeSample::of(&[0.001; 50]), None);
        assert_eq!(SharpeSample::of(&[0.1, 0.2]), None);
        assert_eq!(SharpeSample::of(&[0.1, f64::NAN, 0.2]), None);
        assert_eq!(Trials { count: 0, variance: 1.0 }.expected_maximum(), None);
        assert_eq!(Trials { count: 9, variance: f64::NAN }.expected_maximum(), None);
        assert_eq!(Trials { count: 1, variance: 1.0 }.expected_maximum(), Some(0.0));
        assert_eq!(Trials::of(&[1.0]), None);
    }

    proptest! {
        #[test]
        fn scale_does_not_matter_and_sign_flips(returns in proptest::collection::vec(-0.1_f64..0.1, 3..60), scale in 0.01_f64..100.0) {
            let sample = SharpeSample::of(&returns);
            prop_assume!(sample.is_some());
            let (sample, other) = (sample.unwrap(), |factor: f64| SharpeSample::of(&returns.iter().map(|r| r * factor).collect::<Vec<f64>>()).unwrap());
            prop_assert!((sample.ratio - other(scale).ratio).abs() < 1e-9 * (1.0 + sample.ratio.abs()));
            prop_assert!((sample.ratio + other(-1.0).ratio).abs() < 1e-12 * (1.0 + sample.ratio.abs()));
        }

        /// More trials never make a result more credible.
        #[test]
        fn search_only_deflates(ratio in -0.5_f64..0.5, periods in 30.0_f64..5000.0, count in 1_u64..10_000, variance in 0.0_f64..0.1) {
            let sample = SharpeSample { ratio, periods, skewness: -0.5, kurtosis: 5.0 };
            let deflated = |count| sample.deflated(Trials { count, variance }).unwrap();
            prop_assert!(deflated(count + 1) <= deflated(count) + 1e-12);
            prop_assert!(deflated(count) <= sample.probability_above(0.0).unwrap() + 1e-12);
        }
    }
}
