//! Sets of classes that hold the truth at a stated rate.

use serde::{Deserialize, Serialize};

/// Fewer rows than this calibrate no set.
const MINIMUM_ROWS: usize = 100;
/// Fewer rows of one class than this do not calibrate a threshold of its own.
const MINIMUM_CLASS_ROWS: usize = 30;

/// Thresholds for prediction sets: classes whose 1 − p is above are outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conformal {
    /// Share of bars whose true class the set should hold.
    pub coverage: f64,
    /// Split conformal: the same threshold for every class (Vovk et al. 2005).
    pub score: f64,
    /// Adaptive and class-conditional: one threshold for each class, as they stood at the end of the rows.
    pub adaptive: AdaptiveThresholds,
    /// Held-out predictions they were found on.
    pub calibration_rows: usize,
}

/// One threshold for each class that follows the errors: after every outcome that of the class that came moves by
/// `step · (missed − (1 − coverage))`, which keeps the share of misses of every class at the stated rate in the long run, drift
/// or not (Gibbs and Candès 2021, on scores as in Angelopoulos, Candès and Tibshirani 2023).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveThresholds {
    /// Share of bars whose true class the set should hold.
    pub coverage: f64,
    /// How far one outcome moves a threshold.
    pub step: f64,
    /// Largest accepted 1 − p of each class.
    pub scores: Vec<f64>,
}

impl Conformal {
    /// Finds the thresholds on `probabilities` `[n, n_classes]` of held-out rows and what came there. None when there are
    /// fewer than 100 rows.
    pub fn fit(
        coverage: f64,
        step: f64,
        probabilities: &[f64],
        classes: &[u8],
        n_classes: usize,
    ) -> Option<Self> {
        if classes.len() < MINIMUM_ROWS {
            return None;
        }
        let rows = probabilities.chunks_exact(n_classes).zip(classes);
        let scored: Vec<(u8, f64)> = rows.map(|(p, class)| (*class, 1.0 - p[usize::from(*class)])).collect();
        let score = quantile(scored.iter().map(|(_, score)| *score).collect(), coverage);
        let of_class = |class: u8| {
            let own: Vec<f64> =
                scored.iter().filter(|(came, _)| *came == class).map(|(_, score)| *score).collect();
            if own.len() < MINIMUM_CLASS_ROWS { score } else { quantile(own, coverage) }
        };
        let scores = (0..n_classes).map(|class| of_class(class as u8)).collect();
        let adaptive = AdaptiveThresholds { coverage, step, scores };
        Some(Self { coverage, score, adaptive, calibration_rows: classes.len() })
    }

    /// The classes of the split-conformal set.
    pub fn split_set(&self, probabilities: &[f64]) -> Vec<usize> {
        (0..probabilities.len()).filter(|class| 1.0 - probabilities[*class] <= self.score).collect()
    }

    /// True when every number can be used, for `n_classes` classes.
    pub fn is_valid(&self, n_classes: usize) -> bool {
        let is_share = |value: f64| value > 0.0 && value < 1.0;
        is_share(self.coverage)
            && self.score.is_finite()
            && is_share(self.adaptive.coverage)
            && self.adaptive.step.is_finite()
            && self.adaptive.step >= 0.0
            && self.adaptive.scores.len() == n_classes
            && self.adaptive.scores.iter().all(|score| score.is_finite())
    }
}

impl AdaptiveThresholds {
    /// The classes of the set now.
    pub fn set(&self, probabilities: &[f64]) -> Vec<usize> {
        let inside = |class: &usize| 1.0 - probabilities[*class] <= self.scores[*class];
        (0..probabilities.len()).filter(inside).collect()
    }

    /// Takes what came, and whether the set that was given for it held it.
    pub fn resolve(&mut self, class: usize, was_held: bool) {
        let missed = if was_held { 0.0 } else { 1.0 };
        self.scores[class] += self.step * (missed - (1.0 - self.coverage));
    }
}

/// Why a set decides nothing, in words; none when it names one class.
pub fn abstention(set: &[usize], names: &[String], coverage: f64) -> Option<String> {
    match set {
        [_] => None,
        [] => Some("no class is likely enough: the bar is unlike those that were calibrated on".to_owned()),
        several => {
            let names: Vec<&str> = several.iter().map(|class| names[*class].as_str()).collect();
            Some(format!("at {:.0}% coverage it could be {}", 100.0 * coverage, names.join(" or ")))
        }
    }
}

/// The ⌈(n + 1) · level⌉-th smallest value, the largest when there is none.
pub(crate) fn quantile(mut values: Vec<f64>, level: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let rank = ((values.len() + 1) as f64 * level).ceil() as usize;
    values[rank.clamp(1, values.len()) - 1]
}

#[cfg(test)]
mod tests {
    use market::{Purpose, Seed};
    use rand::RngExt;

    use super::*;

    /// Rows of two classes whose probabilities mean what they say until `shifts`, and are too sure from then on.
    fn rows(n: usize, shifts: usize) -> (Vec<f64>, Vec<u8>) {
        let mut random = Seed(11).stream(Purpose::Part, &[]);
        let (mut probabilities, mut classes) = (Vec::new(), Vec::new());
        for row in 0..n {
            let p: f64 = random.random_range(0.0..1.0);
            let true_p = if row < shifts { p } else { 0.5 + 0.4 * (p - 0.5) };
            classes.push(u8::from(random.random_range(0.0..1.0) >= true_p));
            probabilities.extend([p, 1.0 - p]);
        }
        (probabilities, classes)
    }

    fn coverage(sets: &[(Vec<usize>, u8)]) -> f64 {
        let held = sets.iter().filter(|(set, class)| set.contains(&usize::from(*class))).count();
        held as f64 / sets.len() as f64
    }

    #[test]
    fn the_quantile_counts_one_row_more_than_there_are() {
        let values: Vec<f64> = (1..=9).map(f64::from).collect();
        assert!((quantile(values.clone(), 0.9) - 9.0).abs() < 1e-15);
        assert!((quantile(values.clone(), 0.5) - 5.0).abs() < 1e-15);
        assert!((quantile(values, 0.05) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn split_sets_hold_the_truth_at_the_stated_rate_while_nothing_changes() {
        let (probabilities, classes) = rows(20_000, usize::MAX);
        let (learnt, new) = (10_000, 10_000);
        let found = Conformal::fit(0.9, 0.005, &probabilities[..2 * learnt], &classes[..learnt], 2).unwrap();
        let sets: Vec<(Vec<usize>, u8)> = probabilities[2 * learnt..]
            .chunks_exact(2)
            .zip(&classes[learnt..])
            .map(|(p, class)| (found.split_set(p), *class))
            .collect();
        assert_eq!(sets.len(), new);
        assert!((coverage(&sets) - 0.9).abs() < 0.01, "{}", coverage(&sets));
    }

    #[test]
    fn under_drift_only_the_adaptive_sets_keep_the_rate() {
        let (probabilities, classes) = rows(30_000, 10_000);
        let found = Conformal::fit(0.9, 0.005, &probabilities[..20_000], &classes[..10_000], 2).unwrap();
        let mut adaptive = found.adaptive.clone();
        let (mut split, mut followed) = (Vec::new(), Vec::new());
        for (p, class) in probabilities[20_000..].chunks_exact(2).zip(&classes[10_000..]) {
            split.push((found.split_set(p), *class));
            let set = adaptive.set(p);
            adaptive.resolve(usize::from(*class), set.contains(&usize::from(*class)));
            followed.push((set, *class));
        }
        assert!(coverage(&split) < 0.85, "{}", coverage(&split));
        assert!((coverage(&followed) - 0.9).abs() < 0.01, "{}", coverage(&followed));
        for class in 0..2 {
            let own: Vec<_> = followed.iter().filter(|(_, came)| *came == class).cloned().collect();
            assert!((coverage(&own) - 0.9).abs() < 0.015, "{}", coverage(&own));
        }
    }

    #[test]
    fn a_rare_class_borrows_the_common_threshold_and_few_rows_make_no_set() {
        let (probabilities, mut classes) = rows(200, usize::MAX);
        classes.fill(0);
        let found = Conformal::fit(0.9, 0.005, &probabilities, &classes, 2).unwrap();
        assert!((found.adaptive.scores[1] - found.score).abs() < 1e-15);
        assert_eq!(Conformal::fit(0.9, 0.005, &probabilities[..198], &classes[..99], 2), None);
    }

    #[test]
    fn an_abstention_says_why() {
        let names = ["low", "high"].map(str::to_owned);
        assert_eq!(abstention(&[1], &names, 0.9), None);
        assert_eq!(abstention(&[0, 1], &names, 0.9).unwrap(), "at 90% coverage it could be low or high");
        assert!(abstention(&[], &names, 0.9).unwrap().contains("unlike"));
    }
}
