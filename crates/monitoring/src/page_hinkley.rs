//! Whether errors have become more frequent.

use serde::{Deserialize, Serialize};

/// Fewer predictions than this say nothing of how errors usually come.
const LEAST_ROWS: usize = 500;
/// How far above what was seen out of sample the sum may rise.
const MARGIN: f64 = 2.0;

/// What is usual of the errors out of sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorReference {
    /// Share of predictions that were wrong.
    pub mean: f64,
    /// A rise by less is none.
    pub tolerance: f64,
    /// From which sum on it is an alarm.
    pub threshold: f64,
}

/// Page's cumulative sum with Hinkley's tolerance against a known mean: Σ (error − mean − tolerance), never below zero. Errors
/// of predictions that look several bars ahead come in runs, so its threshold is not a number of theory but twice the highest
/// sum that the errors out of sample themselves made.
#[derive(Debug, Clone, PartialEq)]
pub struct PageHinkley {
    reference: ErrorReference,
    sum: f64,
}

impl ErrorReference {
    /// From errors (0 right, 1 wrong) in order of time; none with fewer than 500.
    pub fn of(errors: &[f64]) -> Option<Self> {
        if errors.len() < LEAST_ROWS {
            return None;
        }
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        let tolerance = 0.15 * (mean * (1.0 - mean)).sqrt();
        let mut watch = PageHinkley::new(Self { mean, tolerance, threshold: f64::INFINITY });
        let highest = errors.iter().fold(0.0_f64, |highest, error| {
            watch.update(*error);
            highest.max(watch.sum)
        });
        Some(Self { mean, tolerance, threshold: MARGIN * highest.max(10.0) })
    }

    /// True when its numbers can be used.
    pub fn is_valid(&self) -> bool {
        [self.mean, self.tolerance, self.threshold].iter().all(|value| value.is_finite() && *value >= 0.0)
    }
}

impl PageHinkley {
    /// At the start.
    pub fn new(reference: ErrorReference) -> Self {
        Self { reference, sum: 0.0 }
    }

    /// Takes the next error; true when errors have become more frequent.
    pub fn update(&mut self, error: f64) -> bool {
        self.sum = (self.sum + error - self.reference.mean - self.reference.tolerance).max(0.0);
        self.sum > self.reference.threshold
    }

    /// The sum and what it may be.
    pub fn standing(&self) -> (f64, f64) {
        (self.sum, self.reference.threshold)
    }
}

#[cfg(test)]
mod tests {
    use market::{Purpose, Seed};
    use rand::RngExt;

    use super::*;

    /// Errors that come in runs of about ten, at a rate.
    fn errors(n: usize, rate: f64, seed: u64) -> Vec<f64> {
        let mut random = Seed(seed).stream(Purpose::Part, &[]);
        let mut is_wrong = false;
        (0..n)
            .map(|_| {
                if random.random_bool(0.1) {
                    is_wrong = random.random_bool(rate);
                }
                f64::from(u8::from(is_wrong))
            })
            .collect()
    }

    #[test]
    fn a_rise_is_found_and_runs_of_errors_are_none() {
        // Over a hundred seeds: 12 false alarms in a million rows; half of the rises are found within 1,200 rows, nine of ten
        // within 2,100.
        let (mut false_alarms, mut delays) = (0, Vec::new());
        for seed in 0..20 {
            let reference = ErrorReference::of(&errors(10_000, 0.2, seed)).unwrap();
            assert!((reference.mean - 0.2).abs() < 0.05);
            let mut watch = PageHinkley::new(reference);
            false_alarms +=
                usize::from(errors(10_000, 0.2, 100 + seed).iter().any(|error| watch.update(*error)));
            let mut watch = PageHinkley::new(reference);
            let found = errors(6_000, 0.4, 200 + seed).iter().position(|error| watch.update(*error));
            delays.push(found.unwrap_or(usize::MAX));
        }
        delays.sort_unstable();
        assert!(delays[10] < 1_800 && delays[19] < 5_000, "{delays:?}");
        assert!(false_alarms <= 5, "{false_alarms} in 200,000 rows");
        assert_eq!(ErrorReference::of(&[0.0; 499]), None);
    }
}
