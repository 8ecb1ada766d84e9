//! The scores of one detector on one draw.

use evaluation::{DetectionRule, Tally, detection_scores};
use market::{Seed, TrendVol};
use serde::Serialize;

use crate::answer::Answer;
use crate::draw::Draw;

/// Right for three bars in a row counts as having seen a switch. How soon is what is measured, so a late one counts.
const RULE: DetectionRule = DetectionRule { right_bars: 3, within_bars: usize::MAX };

/// Scores over the test bars of one draw.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scores {
    /// Mean recall of the six states that occur.
    pub six_state: f64,
    /// Mean recall of the trends that occur.
    pub trend: f64,
    /// Mean recall of the volatilities that occur.
    pub volatility: f64,
    /// How the trend's switches are followed.
    pub trend_switches: SwitchScores,
    /// How the volatility's switches are followed.
    pub volatility_switches: SwitchScores,
}

/// How a detector follows the switches of a state.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SwitchScores {
    /// Median bars from a switch until the detector is right for three bars in a row, over the switches that it sees
    /// before the next one; none when it sees none.
    pub delay: Option<f64>,
    /// The same median over all switches, unseen ones later than any other; none when it falls on one.
    pub delay_of_all: Option<f64>,
    /// Share of the switches that it sees.
    pub seen: Option<f64>,
    /// Switches of the detector for each of the truth; none without one.
    pub flicker: Option<f64>,
}

impl Scores {
    /// Compares the answers to the test bars with the truth; none when a test bar has no answer.
    pub fn of(draw: &Draw, answers: &[Option<Answer>]) -> Option<Self> {
        let truth = &draw.truth()[draw.test()];
        let answers: Vec<Answer> = answers[draw.test()].iter().copied().collect::<Option<_>>()?;
        let pairs = |of_truth: fn(TrendVol) -> u8, of_answer: fn(&Answer) -> u8| -> (Vec<u8>, Vec<u8>) {
            (truth.iter().map(|state| of_truth(*state)).collect(), answers.iter().map(of_answer).collect())
        };
        let six = pairs(|state| state as u8, |answer| answer.state as u8);
        let trend = pairs(|state| state.trend() as u8, |answer| answer.trend as u8);
        let volatility = pairs(|state| state.volatility() as u8, |answer| answer.volatility as u8);
        Some(Self {
            six_state: balanced_accuracy(&six, 6),
            trend: balanced_accuracy(&trend, 3),
            volatility: balanced_accuracy(&volatility, 2),
            trend_switches: SwitchScores::of(&trend),
            volatility_switches: SwitchScores::of(&volatility),
        })
    }
}

impl SwitchScores {
    fn of((truth, answers): &(Vec<u8>, Vec<u8>)) -> Self {
        // Bars lie before the first test bar, but what was switched there is not judged.
        let whole = 0..truth.len();
        let scores = detection_scores(truth, answers, std::slice::from_ref(&whole), RULE, 0, Seed(0));
        Self {
            delay: scores.median_delay.map(|estimate| estimate.value),
            delay_of_all: scores.median_delay_of_all.map(|estimate| estimate.value),
            seen: scores.detected.map(|estimate| estimate.value),
            flicker: scores.flicker_rate.map(|estimate| estimate.value),
        }
    }
}

fn balanced_accuracy((truth, answers): &(Vec<u8>, Vec<u8>), n_classes: usize) -> f64 {
    let mut tally = Tally::empty(n_classes);
    let mut certain = vec![0.0; n_classes];
    for (class, answer) in truth.iter().zip(answers) {
        certain[usize::from(*answer)] = 1.0;
        tally.add(*class, &certain);
        certain[usize::from(*answer)] = 0.0;
    }
    tally.balanced_accuracy()
}
