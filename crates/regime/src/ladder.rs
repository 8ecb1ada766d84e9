//! What is answered when no member answers.

use market::{ClassProbabilities, PredictionSource, Timeframe, Timestamp};
use serde::{Deserialize, Serialize};

/// Below this weight the last good answer says no more than the prior.
const LEAST_WEIGHT: f64 = 1.0 / 16.0;

/// The steps below the members: the last good answer, drawn towards the class prior by half over every horizon that it is old,
/// and the prior itself. Levels 0 to 2 are members' and told by the prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    prior: Vec<f64>,
    horizon: usize,
    timeframe: Timeframe,
    last_good: Option<LastGood>,
}

/// The last answer of members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastGood {
    /// When its bar closed.
    at: Timestamp,
    probabilities: Vec<f64>,
}

/// An answer that no member gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Fallback {
    /// Its probabilities.
    pub probabilities: ClassProbabilities,
    /// Which step.
    pub source: PredictionSource,
    /// 3 for the last good answer, 4 for the prior.
    pub level: u8,
    /// Why, in words.
    pub reason: String,
}

impl Ladder {
    /// With the shares of the classes in training; equal ones where they are not known.
    pub fn new(prior: Option<&[f64]>, n_classes: usize, horizon: usize, timeframe: Timeframe) -> Self {
        let known = prior.filter(|prior| prior.len() == n_classes);
        let known = known.and_then(|prior| ClassProbabilities::new(prior.to_vec()).ok());
        let equal = vec![1.0 / n_classes as f64; n_classes];
        let prior = known.map_or(equal, |known| known.values().to_vec());
        Self { prior, horizon: horizon.max(1), timeframe, last_good: None }
    }

    /// Takes an answer of members about the bar that closed `at`.
    pub fn good(&mut self, at: Timestamp, probabilities: &[f64]) {
        self.last_good = Some(LastGood { at, probabilities: probabilities.to_vec() });
    }

    /// True once members answered.
    pub fn has_answered(&self) -> bool {
        self.last_good.is_some()
    }

    /// The answer about the bar that closed `at`, for which no member has one because of `why`. Never fails.
    pub fn fall(&self, at: Timestamp, why: &str) -> Fallback {
        let decayed = self.last_good.as_ref().and_then(|last| {
            let bars = (at.millis() - last.at.millis()).max(0) as f64 / self.timeframe.millis() as f64;
            let weight = 0.5_f64.powf(bars / self.horizon as f64);
            let mixed = last.probabilities.iter().zip(&self.prior);
            let mixed = mixed.map(|(last, prior)| weight * last + (1.0 - weight) * prior).collect();
            let probabilities = ClassProbabilities::new(mixed).ok().filter(|_| weight >= LEAST_WEIGHT)?;
            Some(Fallback {
                probabilities,
                source: PredictionSource::LastGood,
                level: 3,
                reason: format!("{why}; this is the answer of {bars} bars ago with a weight of {weight:.2}, the rest class frequencies"),
            })
        });
        decayed.unwrap_or_else(|| Fallback {
            // The prior was checked when the ladder was made.
            probabilities: ClassProbabilities::new(self.prior.clone())
                .unwrap_or_else(|_| uniform(self.prior.len())),
            source: PredictionSource::Prior,
            level: 4,
            reason: format!("{why}; these are class frequencies of the training period"),
        })
    }

    /// What it remembers.
    pub fn state(&self) -> Option<&LastGood> {
        self.last_good.as_ref()
    }

    /// Goes on from what another ladder remembered, when it was of as many classes.
    pub fn resume(&mut self, state: Option<LastGood>) {
        self.last_good = state.filter(|last| {
            last.probabilities.len() == self.prior.len()
                && ClassProbabilities::new(last.probabilities.clone()).is_ok()
        });
    }
}

/// Equal probabilities.
fn uniform(n: usize) -> ClassProbabilities {
    let equal = ClassProbabilities::new(vec![1.0 / n as f64; n]);
    equal.unwrap_or_else(|_| unreachable!("equal shares sum to one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * 60_000)
    }

    #[test]
    fn the_last_answer_decays_by_half_over_every_horizon_and_then_the_prior_stays() {
        let mut ladder = Ladder::new(Some(&[0.6, 0.4]), 2, 10, Timeframe::MINUTE);
        let first = ladder.fall(at(0), "warming up");
        assert_eq!(
            (first.level, first.source, first.probabilities.values()),
            (4, PredictionSource::Prior, &[0.6, 0.4][..])
        );
        ladder.good(at(100), &[0.0, 1.0]);
        let of = |minute| ladder.fall(at(minute), "late");
        assert_eq!(of(100).level, 3);
        assert!((of(110).probabilities.values()[0] - 0.3).abs() < 1e-12);
        assert!((of(120).probabilities.values()[0] - 0.45).abs() < 1e-12);
        assert_eq!((of(140).level, of(141).level), (3, 4));
        assert!(of(110).reason.starts_with("late; this is the answer of 10 bars ago"));
    }

    #[test]
    fn what_it_remembers_is_taken_on_only_where_it_fits() {
        let mut ladder = Ladder::new(None, 3, 1, Timeframe::MINUTE);
        assert!((ladder.fall(at(0), "x").probabilities.values()[2] - 1.0 / 3.0).abs() < 1e-12);
        ladder.resume(Some(LastGood { at: at(0), probabilities: vec![0.5, 0.5] }));
        assert!(!ladder.has_answered());
        ladder.resume(Some(LastGood { at: at(0), probabilities: vec![0.5, 0.5, 0.0] }));
        assert!(ladder.has_answered());
    }
}
