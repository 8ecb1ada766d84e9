//! How a detector follows a state that is known: how soon, how often, how restlessly.

use std::ops::Range;

use market::Seed;
use serde::Serialize;

use crate::resamples::Resamples;
use crate::scores::Estimate;

/// What counts as having seen a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetectionRule {
    /// Right for so many bars in a row.
    pub right_bars: usize,
    /// A hit starts at most so many bars after the switch.
    pub within_bars: usize,
}

/// Scores of a detector against the true state. A spell is a stretch of one true state; one that starts a
/// segment of bars follows no switch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DetectionScores {
    /// Bars judged.
    pub bars: u64,
    /// Switches of the truth.
    pub true_switches: u64,
    /// Switches of the detector.
    pub predicted_switches: u64,
    /// Share of true switches after which the detector is right for `right_bars` in a row that start within
    /// `within_bars`, before the truth switches again. None without switches, as in the next three.
    pub hit_rate: Option<Estimate>,
    /// The same with no limit but the next true switch.
    pub detected: Option<Estimate>,
    /// Median, over the detected switches, of the bars from the switch to the first of `right_bars` right
    /// ones in a row: 0 when right at once.
    pub median_delay: Option<Estimate>,
    /// The median with undetected switches counted as later than all others; none where it falls on one.
    pub median_delay_of_all: Option<Estimate>,
    /// Switches of the detector for each of the truth.
    pub flicker_rate: Option<Estimate>,
    /// Mean length of the truth's spells, in bars, cut where segments are.
    pub mean_true_duration: Option<f64>,
    /// Mean length of the detector's.
    pub mean_predicted_duration: Option<f64>,
}

/// One stretch of a true state.
struct Spell {
    /// After a switch, not at the start of a segment.
    switched: bool,
    /// Bars until right; none when never.
    delay: Option<usize>,
    /// Switches of the detector in it.
    flicker: usize,
}

/// Scores the detected state of each bar against the true one. Nothing is counted across the borders of
/// `segments`. Intervals resample the spells, which are far less dependent than the bars.
///
/// # Panics
/// When a segment reaches beyond the states.
pub fn detection_scores(
    truth: &[u8],
    detected: &[u8],
    segments: &[Range<usize>],
    rule: DetectionRule,
    draws: usize,
    seed: Seed,
) -> DetectionScores {
    let segments: Vec<&Range<usize>> = segments.iter().filter(|segment| !segment.is_empty()).collect();
    let spells: Vec<Spell> =
        segments.iter().flat_map(|segment| spells(truth, detected, segment, rule.right_bars)).collect();
    let bars: usize = segments.iter().map(|segment| segment.len()).sum();
    let true_switches = spells.iter().filter(|spell| spell.switched).count();
    let predicted_switches: usize = spells.iter().map(|spell| spell.flicker).sum();
    let resamples = Resamples::new(spells.len(), 1.0, draws, seed);
    let all = [(0, spells.len())];
    let estimate = |statistic: &(dyn Fn(&[&Spell]) -> Option<f64> + Sync)| {
        let on = |ranges: &[(usize, usize)]| {
            let drawn: Vec<&Spell> = ranges.iter().flat_map(|&(from, until)| &spells[from..until]).collect();
            statistic(&drawn)
        };
        on(&all).map(|value| resamples.estimate(value, on))
    };
    let share = |hit: &dyn Fn(&Spell) -> bool, drawn: &[&Spell]| {
        let switched = drawn.iter().filter(|spell| spell.switched).count();
        let hits = drawn.iter().filter(|spell| spell.switched && hit(spell)).count();
        (switched > 0).then(|| hits as f64 / switched as f64)
    };
    let delays = |drawn: &[&Spell]| -> Vec<Option<usize>> {
        drawn.iter().filter(|spell| spell.switched).map(|spell| spell.delay).collect()
    };
    let mean_duration = |switches: usize| {
        let spells = switches + segments.len();
        (spells > 0).then(|| bars as f64 / spells as f64)
    };
    DetectionScores {
        bars: bars as u64,
        true_switches: true_switches as u64,
        predicted_switches: predicted_switches as u64,
        hit_rate: estimate(&|drawn| {
            share(&|spell| spell.delay.is_some_and(|delay| delay <= rule.within_bars), drawn)
        }),
        detected: estimate(&|drawn| share(&|spell| spell.delay.is_some(), drawn)),
        median_delay: estimate(&|drawn| median(delays(drawn).into_iter().flatten().map(Some).collect())),
        median_delay_of_all: estimate(&|drawn| median(delays(drawn))),
        flicker_rate: estimate(&|drawn| {
            let switched = drawn.iter().filter(|spell| spell.switched).count();
            let flicker: usize = drawn.iter().map(|spell| spell.flicker).sum();
            (switched > 0).then(|| flicker as f64 / switched as f64)
        }),
        mean_true_duration: mean_duration(true_switches),
        mean_predicted_duration: mean_duration(predicted_switches),
    }
}

/// The spells of one segment.
fn spells(truth: &[u8], detected: &[u8], segment: &Range<usize>, right_bars: usize) -> Vec<Spell> {
    let mut spells = Vec::new();
    let mut start = segment.start;
    while start < segment.end {
        let end = (start..segment.end).find(|bar| truth[*bar] != truth[start]).unwrap_or(segment.end);
        let right = |bar: usize| detected[bar] == truth[start];
        let seen = |bar: &usize| (*bar..bar + right_bars).all(right);
        let delay = (start..(end + 1).saturating_sub(right_bars)).find(seen).map(|bar| bar - start);
        let flicker =
            (start.max(segment.start + 1)..end).filter(|bar| detected[*bar] != detected[bar - 1]).count();
        spells.push(Spell { switched: start > segment.start, delay, flicker });
        start = end;
    }
    spells
}

/// The middle value, or the mean of the two in the middle; missing ones are the largest. None when there is
/// no value or the middle is missing.
fn median(mut values: Vec<Option<usize>>) -> Option<f64> {
    values.sort_unstable_by_key(|value| value.unwrap_or(usize::MAX));
    let n = values.len();
    let (low, high) = (values.get((n.max(1) - 1) / 2)?, values.get(n / 2)?);
    Some(f64::midpoint((*low)? as f64, (*high)? as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: DetectionRule = DetectionRule { right_bars: 3, within_bars: 1 };

    fn states(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| byte - b'0').collect()
    }

    fn score(truth: &str, detected: &str, borders: &[usize]) -> DetectionScores {
        let segments: Vec<Range<usize>> = borders.windows(2).map(|pair| pair[0]..pair[1]).collect();
        detection_scores(&states(truth), &states(detected), &segments, RULE, 50, Seed(1))
    }

    fn value(estimate: Option<Estimate>) -> Option<f64> {
        estimate.map(|estimate| estimate.value)
    }

    #[test]
    fn three_switches_by_hand() {
        // The switch at 4 is seen after 2 bars, that at 9 at once, that at 14 not before 18.
        let scores = score("00001111100000222200", "00000011100000022000", &[0, 20]);
        assert_eq!((scores.true_switches, scores.predicted_switches, scores.bars), (4, 4, 20));
        assert_eq!(value(scores.hit_rate), Some(0.25));
        assert_eq!(value(scores.detected), Some(0.5));
        assert_eq!(value(scores.median_delay), Some(1.0));
        // Delays 0, 2, never, never: the middle is missing.
        assert_eq!(value(scores.median_delay_of_all), None);
        assert_eq!(value(scores.flicker_rate), Some(1.0));
        assert_eq!((scores.mean_true_duration, scores.mean_predicted_duration), (Some(4.0), Some(4.0)));
    }

    #[test]
    fn a_perfect_detector() {
        let truth = "0000111100002222";
        let scores = score(truth, truth, &[0, 16]);
        assert_eq!((value(scores.hit_rate), value(scores.median_delay_of_all)), (Some(1.0), Some(0.0)));
        assert_eq!(value(scores.flicker_rate), Some(1.0));
        assert_eq!(scores.hit_rate.unwrap().low, Some(1.0));
    }

    #[test]
    fn a_border_is_no_switch_and_no_run_crosses_it() {
        let scores = score("00001111", "00001111", &[0, 4, 8]);
        assert_eq!((scores.true_switches, scores.predicted_switches), (0, 0));
        assert_eq!((scores.hit_rate, scores.flicker_rate), (None, None));
        assert_eq!(scores.mean_true_duration, Some(4.0));
        // Two right bars before the border and two behind it are not three in a row.
        let cut = score("00111111", "00001111", &[0, 6, 8]);
        assert_eq!(value(cut.detected), Some(0.0));
        assert_eq!(score("", "", &[0]).mean_true_duration, None);
    }
}
