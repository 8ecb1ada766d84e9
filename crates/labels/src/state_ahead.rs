//! States that a rule computes bar by bar, as they will stand some bars ahead.

use std::collections::VecDeque;

use market::{Bar, BarSeries, Timestamp};

use crate::resolver::Outcome;
use crate::state_rule::StateRule;

/// The class that a rule, begun anew with each segment, will give at t + `horizon`: known when that bar has closed.
#[derive(Debug, Clone)]
pub(crate) struct StateAhead {
    pub(crate) rule: StateRule,
    pub(crate) horizon: usize,
    /// Open times of the newest bars, at most `horizon` + 1.
    pub(crate) times: VecDeque<Timestamp>,
}

impl StateAhead {
    pub(crate) fn new(rule: StateRule, horizon: usize) -> Self {
        Self { rule, horizon, times: VecDeque::with_capacity(horizon + 1) }
    }

    /// Takes the next bar of a segment. The segment's first `horizon` bars are nobody's future.
    pub(crate) fn update(&mut self, bar: &Bar, resolved: &mut Vec<Outcome>) {
        let class = self.rule.update(bar);
        self.times.push_back(bar.open_time);
        if self.times.len() <= self.horizon {
            return;
        }
        if let (Some(at), Some(class)) = (self.times.pop_front(), class) {
            let from = self.times[0];
            resolved.push(Outcome::new(at, self.horizon, class, [from, bar.open_time]));
        }
    }
}

/// For each bar t the class that `rule` would give at t + `horizon` if the price stayed at the close of t:
/// returns of zero, bars without range. Needs nothing after t, so the newest bars have one too.
pub(crate) fn frozen(series: &BarSeries, horizon: usize, rule: &StateRule) -> Vec<Option<u8>> {
    let bars = series.bars();
    let mut classes = vec![None; bars.len()];
    for segment in series.segments() {
        let mut rule = rule.clone();
        for t in segment.clone() {
            rule.update(&bars[t]);
            let mut still = rule.clone();
            for step in 1..=horizon {
                classes[t] = still.update(&standstill(series, t, step));
            }
        }
    }
    classes
}

/// The bar `step` bars after t in a market that has stopped at its close.
fn standstill(series: &BarSeries, t: usize, step: usize) -> Bar {
    let bar = series.bars()[t];
    Bar {
        open_time: bar.open_time.plus_bars(step as i64, series.timeframe()),
        close_time: bar.close_time.plus_bars(step as i64, series.timeframe()),
        open: bar.close,
        high: bar.close,
        low: bar.close,
        volume: 0.0,
        quote_volume: bar.quote_volume.map(|_| 0.0),
        trades: bar.trades.map(|_| 0),
        taker_buy_volume: bar.taker_buy_volume.map(|_| 0.0),
        ..bar
    }
}
