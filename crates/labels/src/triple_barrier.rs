//! L2: which of three barriers the price reaches first.

use std::collections::VecDeque;

use features::{Window, sample_std};
use market::{Bar, Direction, Timestamp};
use serde::{Deserialize, Serialize};

use crate::resolver::Outcome;

/// Widths in units of `σ_t·√horizon`, where `σ_t` is the sample standard deviation of the last
/// `sigma_window` log returns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Barriers {
    pub(crate) horizon: usize,
    pub(crate) sigma_window: usize,
    pub(crate) profit: f64,
    pub(crate) stop: f64,
}

/// bullish when a high reaches `close·exp(profit·σ_t·√horizon)` before a low reaches
/// `close·exp(−stop·σ_t·√horizon)` within `horizon` bars, bearish the other way round, neutral when one
/// bar reaches both or none does. The outcome is known at the bar of the touch: a bar near the end of
/// the data or before a hole has a label if a barrier was touched in time, none if time ran out. Begun at the start of a
/// segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TripleBarrier {
    barriers: Barriers,
    previous_close: Option<f64>,
    returns: Window,
    /// Bars between whose barriers the price still is, oldest first.
    open: VecDeque<Open>,
}

/// A bar whose outcome is not known yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    at: Timestamp,
    upper: f64,
    lower: f64,
    /// Open time of the bar behind it, once there is one.
    from: Option<Timestamp>,
    /// Bars since.
    age: usize,
}

impl TripleBarrier {
    pub(crate) fn new(barriers: Barriers) -> Self {
        let returns = Window::new(barriers.sigma_window);
        Self { barriers, previous_close: None, returns, open: VecDeque::new() }
    }

    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.barriers == other.barriers
    }

    pub(crate) fn update(&mut self, bar: &Bar, resolved: &mut Vec<Outcome>) {
        let Barriers { horizon, profit, stop, .. } = self.barriers;
        self.open.retain_mut(|open| {
            open.age += 1;
            let from = *open.from.get_or_insert(bar.open_time);
            let direction = match (bar.high >= open.upper, bar.low <= open.lower) {
                (true, false) => Direction::Bullish,
                (false, true) => Direction::Bearish,
                (true, true) => Direction::Neutral,
                (false, false) if open.age == horizon => Direction::Neutral,
                (false, false) => return true,
            };
            resolved.push(Outcome::new(open.at, open.age, direction as u8, [from, bar.open_time]));
            false
        });
        if let Some(previous) = self.previous_close.replace(bar.close) {
            self.returns.push((bar.close / previous).ln());
        }
        if self.returns.is_full() {
            let unit = sample_std(self.returns.values()) * (horizon as f64).sqrt();
            self.open.push_back(Open {
                at: bar.open_time,
                upper: bar.close * (profit * unit).exp(),
                lower: bar.close * (-stop * unit).exp(),
                from: None,
                age: 0,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use market::Timeframe;

    use super::*;

    /// What becomes of the fourth bar when the bars of the case, as (high, low), follow, and after how many.
    fn outcome(ahead: &[(f64, f64)]) -> Option<(Direction, usize)> {
        // Returns 0, +x, −x have a mean of 0 and a sample deviation of x: the barriers of `unit` x.
        let x = 0.01_f64;
        let mut prices = vec![(100.0, 100.0, 100.0), (100.0, 100.0, 100.0)];
        prices.push((100.0 * x.exp(), 100.0 * x.exp(), 100.0 * x.exp()));
        prices.push((100.0, 100.0, 100.0));
        prices.extend(ahead.iter().map(|(high, low)| (*high, *low, 100.0)));
        let bars: Vec<Bar> = prices
            .iter()
            .enumerate()
            .map(|(index, (high, low, close))| {
                let at = Timestamp::from_millis(0).plus_bars(index as i64, Timeframe::HOUR);
                Bar::new(at, Timeframe::HOUR, [*close, *high, *low, *close], 1.0).unwrap()
            })
            .collect();
        let times: Vec<Timestamp> = bars.iter().map(|bar| bar.open_time).collect();
        // √4 = 2 and profit ½, stop 1: one x up, two x down.
        let barriers = Barriers { horizon: 4, sigma_window: 3, profit: 0.5, stop: 1.0 };
        let (mut rule, mut resolved) = (TripleBarrier::new(barriers), Vec::new());
        for bar in &bars {
            rule.update(bar, &mut resolved);
        }
        let label = resolved.iter().find(|outcome| outcome.at == times[3])?.label;
        assert_eq!(label.from, times[4]);
        let until = times.iter().position(|time| *time == label.until).unwrap();
        Some((Direction::ALL[usize::from(label.class)], until - 3))
    }

    #[test]
    fn the_first_touch_decides() {
        let quiet = (100.9, 98.1);
        let (up, down, both) = ((101.1, 99.0), (100.0, 97.9), (101.1, 97.9));
        assert_eq!(outcome(&[quiet, up, down, quiet]), Some((Direction::Bullish, 2)));
        assert_eq!(outcome(&[down, up, quiet, quiet]), Some((Direction::Bearish, 1)));
        assert_eq!(outcome(&[quiet, quiet, quiet, both]), Some((Direction::Neutral, 4)));
        assert_eq!(outcome(&[quiet, quiet, quiet, quiet, up]), Some((Direction::Neutral, 4)));
        // At the end of the data: touched in time, or not known yet.
        assert_eq!(outcome(&[quiet, up]), Some((Direction::Bullish, 2)));
        assert_eq!(outcome(&[quiet, quiet, quiet]), None);
        assert_eq!(outcome(&[]), None);
    }
}
