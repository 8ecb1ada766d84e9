//! What must be reached, and what must not.

use serde::Serialize;
use synthetic::Preset;

use crate::detector::{Detector, Knowledge};
use crate::report::DetectorReport;
use crate::summary::{Spread, Summary};

/// Bars for training, and for the test, that the gates were set for.
pub const GATE_BARS: usize = 12_000;
/// By so much may the supervised detector lie above the Bayes filter where trends can't be seen.
const CONTROL_MARGIN: f64 = 0.01;

/// A bound on a mean over draws.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// What is bounded.
    pub name: &'static str,
    /// Whose score it is; none when no unsupervised detector has scores.
    pub detector: Option<Detector>,
    /// Whether the bound is a floor or a ceiling.
    pub side: Side,
    /// The bound; none when it is another detector's score and that has none.
    pub bound: Option<f64>,
    /// The mean over the draws; none when the detector failed on one of them or a draw has no such number.
    pub value: Option<f64>,
    /// What follows.
    pub verdict: Verdict,
}

/// The side that a bound is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The value must not be smaller.
    AtLeast,
    /// The value must not be larger.
    AtMost,
}

/// Whether a gate is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is.
    Met,
    /// It is not, or the number is missing.
    Missed,
    /// There are fewer draws or bars than the gate was set for.
    NotJudged,
}

/// Draws that the means of a preset's gates are taken over, at least: 10 for the negative control, since a single
/// draw of `realistic` says little, else 5.
pub fn gate_draws(preset: Preset) -> usize {
    if preset == Preset::Realistic { 10 } else { 5 }
}

/// The gates of a preset; those without any are there for comparison.
///
/// On `bench` the supervised detector must see the regimes, soon and without restlessness, and so must the best
/// unsupervised one (by its balanced accuracy over six states). On `realistic` trends drown in noise: whoever sees
/// them better than the Bayes filter with the true parameters has seen the future. That is the negative control.
pub(crate) fn gates(preset: Preset, detectors: &[DetectorReport], judged: bool) -> Vec<Gate> {
    let gate =
        |name, source: Option<&DetectorReport>, side, bound, of: &dyn Fn(&Summary) -> Option<Spread>| {
            let value = source.and_then(|one| of(one.summary.as_ref()?)).map(|spread| spread.mean);
            let met = match (value, bound, side) {
                (Some(value), Some(bound), Side::AtLeast) => value >= bound,
                (Some(value), Some(bound), Side::AtMost) => value <= bound,
                _ => false,
            };
            let verdict = match (judged, met) {
                (false, _) => Verdict::NotJudged,
                (true, true) => Verdict::Met,
                (true, false) => Verdict::Missed,
            };
            Gate { name, detector: source.map(|one| one.detector), side, bound, value, verdict }
        };
    let find = |detector| detectors.iter().find(|one| one.detector == detector);
    let six_state = |one: &Summary| Some(one.balanced_accuracy.six_state);
    let trend = |one: &Summary| Some(one.balanced_accuracy.trend);
    let volatility = |one: &Summary| Some(one.balanced_accuracy.volatility);
    let forest = find(Detector::Forest);
    match preset {
        Preset::Bench => {
            let mean =
                |one: &DetectorReport| one.summary.map(|summary| summary.balanced_accuracy.six_state.mean);
            let free = detectors
                .iter()
                .filter(|one| one.knows == Knowledge::Nothing && one.summary.is_some())
                .reduce(|best, one| if mean(one) > mean(best) { one } else { best });
            vec![
                gate("supervised: six states", forest, Side::AtLeast, Some(0.65), &six_state),
                gate("supervised: trend", forest, Side::AtLeast, Some(0.70), &trend),
                gate("supervised: volatility", forest, Side::AtLeast, Some(0.93), &volatility),
                gate("supervised: trend flicker", forest, Side::AtMost, Some(6.0), &|one| {
                    one.trend_switches.flicker
                }),
                gate("supervised: volatility flicker", forest, Side::AtMost, Some(2.0), &|one| {
                    one.volatility_switches.flicker
                }),
                gate("supervised: trend delay", forest, Side::AtMost, Some(38.0), &|one| {
                    one.trend_switches.delay
                }),
                gate("best unsupervised: six states", free, Side::AtLeast, Some(0.50), &six_state),
                gate("best unsupervised: volatility", free, Side::AtLeast, Some(0.84), &volatility),
            ]
        }
        Preset::Realistic => {
            let filter = find(Detector::BayesFilter).and_then(|one| one.summary);
            let bound = filter.map(|summary| summary.balanced_accuracy.trend.mean + CONTROL_MARGIN);
            vec![gate("negative control: supervised trend", forest, Side::AtMost, bound, &trend)]
        }
        Preset::Moderate | Preset::Easy => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{BalancedAccuracies, SwitchSummary};

    fn report(detector: Detector, accuracy: f64, flicker: Option<f64>) -> DetectorReport {
        let spread = |mean| Spread { mean, sd: None };
        let balanced_accuracy = BalancedAccuracies {
            six_state: spread(accuracy),
            trend: spread(accuracy),
            volatility: spread(0.95),
        };
        let switches = SwitchSummary {
            delay: Some(spread(30.0)),
            delay_of_all: None,
            seen: None,
            flicker: flicker.map(spread),
        };
        let summary = Summary {
            balanced_accuracy,
            versus_bayes_filter: None,
            trend_switches: switches,
            volatility_switches: switches,
        };
        DetectorReport { detector, knows: detector.knows(), summary: Some(summary), draws: Vec::new() }
    }

    fn verdicts(preset: Preset, detectors: &[DetectorReport]) -> Vec<Verdict> {
        gates(preset, detectors, true).iter().map(|gate| gate.verdict).collect()
    }

    #[test]
    fn bench_by_hand() {
        use Verdict::{Met, Missed};
        let free = [report(Detector::Jump, 0.4, None), report(Detector::HiddenMarkov, 0.5, None)];
        let with = |forest: DetectorReport| verdicts(Preset::Bench, &[&[forest], &free[..]].concat());
        assert_eq!(with(report(Detector::Forest, 0.70, Some(2.0))), [Met; 8]);
        // .69 is enough for six states and not for the trend; 2.1 is enough for the trend's flicker only.
        let [a, b] =
            [with(report(Detector::Forest, 0.69, Some(2.1))), with(report(Detector::Forest, 0.7, None))];
        assert_eq!(a, [Met, Missed, Met, Met, Missed, Met, Met, Met]);
        // A number that is missing is not met.
        assert_eq!(b, [Met, Met, Met, Missed, Missed, Met, Met, Met]);
        let failed = DetectorReport { summary: None, ..report(Detector::Forest, 0.7, None) };
        assert_eq!(with(failed)[..6], [Missed; 6]);
        assert_eq!(verdicts(Preset::Bench, &[])[..], [Missed; 8]);
        assert_eq!(gates(Preset::Bench, &free, true)[6].detector, Some(Detector::HiddenMarkov));
    }

    #[test]
    fn the_control_is_relative_to_the_filter() {
        let control = |forest: f64, filter: f64| {
            let both = [report(Detector::BayesFilter, filter, None), report(Detector::Forest, forest, None)];
            verdicts(Preset::Realistic, &both)
        };
        assert_eq!(control(0.409, 0.40), [Verdict::Met]);
        assert_eq!(control(0.411, 0.40), [Verdict::Missed]);
        assert_eq!(verdicts(Preset::Realistic, &[report(Detector::Forest, 0.3, None)]), [Verdict::Missed]);
        assert!(gates(Preset::Easy, &[], true).is_empty());
        let both = [report(Detector::BayesFilter, 0.4, None), report(Detector::Forest, 0.9, None)];
        assert_eq!(gates(Preset::Realistic, &both, false)[0].verdict, Verdict::NotJudged);
    }
}
