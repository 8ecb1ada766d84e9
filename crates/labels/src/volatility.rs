//! L4: will prices move more than they usually did?

use std::collections::VecDeque;

use features::{RollingMedian, Window, sum};
use market::{Bar, Timestamp, Volatility};
use serde::{Deserialize, Serialize};

use crate::resolver::Outcome;

/// high when RV over the next `horizon` bars exceeds the median of RV over the trailing `median_window`
/// bars (known at t), else low; `RV_t` = √Σ r² over `horizon` bars. Begun at the start of a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VolatilityAhead {
    horizon: usize,
    median_window: usize,
    previous_close: Option<f64>,
    squares: Window,
    median: RollingMedian,
    /// Of the newest bars, at most `horizon` + 1: open time, and what RV usually was then.
    waiting: VecDeque<(Timestamp, Option<f64>)>,
}

impl VolatilityAhead {
    pub(crate) fn new(horizon: usize, median_window: usize) -> Self {
        Self {
            horizon,
            median_window,
            previous_close: None,
            squares: Window::new(horizon),
            median: RollingMedian::new(median_window),
            waiting: VecDeque::with_capacity(horizon + 1),
        }
    }

    pub(crate) fn same_as(&self, other: &Self) -> bool {
        (self.horizon, self.median_window) == (other.horizon, other.median_window)
    }

    pub(crate) fn update(&mut self, bar: &Bar, resolved: &mut Vec<Outcome>) {
        if let Some(previous) = self.previous_close.replace(bar.close) {
            let log_return = (bar.close / previous).ln();
            self.squares.push(log_return * log_return);
        }
        let realised = self.squares.is_full().then(|| sum(self.squares.values()).sqrt());
        let usual = realised.and_then(|realised| self.median.update(realised));
        self.waiting.push_back((bar.open_time, usual));
        if self.waiting.len() <= self.horizon {
            return;
        }
        if let (Some((at, Some(usual))), Some(ahead)) = (self.waiting.pop_front(), realised) {
            let class = if ahead > usual { Volatility::High } else { Volatility::Low };
            let from = self.waiting[0].0;
            resolved.push(Outcome::new(at, self.horizon, class as u8, [from, bar.open_time]));
        }
    }
}
