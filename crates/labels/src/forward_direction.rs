//! L1: which way, and by more than noise.

use std::collections::VecDeque;

use features::{Window, sample_std};
use market::{Bar, Direction, Timestamp};
use serde::{Deserialize, Serialize};

use crate::resolver::Outcome;

/// bullish / neutral / bearish by the log return over the next `horizon` bars against ±`k·σ_t·√horizon`,
/// where `σ_t` is the sample standard deviation of the last `sigma_window` log returns. Begun at the start of a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForwardDirection {
    horizon: usize,
    k: f64,
    sigma_window: usize,
    previous_close: Option<f64>,
    returns: Window,
    /// Of the newest bars, at most `horizon` + 1.
    waiting: VecDeque<Waiting>,
}

/// A bar whose outcome is not known yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    at: Timestamp,
    close: f64,
    /// None while the past is too short.
    threshold: Option<f64>,
}

impl ForwardDirection {
    pub(crate) fn new(horizon: usize, k: f64, sigma_window: usize) -> Self {
        Self {
            horizon,
            k,
            sigma_window,
            previous_close: None,
            returns: Window::new(sigma_window),
            waiting: VecDeque::with_capacity(horizon + 1),
        }
    }

    pub(crate) fn same_as(&self, other: &Self) -> bool {
        let of = |one: &Self| (one.horizon, one.k.to_bits(), one.sigma_window);
        of(self) == of(other)
    }

    pub(crate) fn update(&mut self, bar: &Bar, resolved: &mut Vec<Outcome>) {
        if let Some(previous) = self.previous_close.replace(bar.close) {
            self.returns.push((bar.close / previous).ln());
        }
        let unit = || self.k * sample_std(self.returns.values()) * (self.horizon as f64).sqrt();
        let threshold = self.returns.is_full().then(unit);
        self.waiting.push_back(Waiting { at: bar.open_time, close: bar.close, threshold });
        if self.waiting.len() <= self.horizon {
            return;
        }
        if let Some(Waiting { at, close, threshold: Some(threshold) }) = self.waiting.pop_front() {
            let forward = (bar.close / close).ln();
            let direction = if forward > threshold {
                Direction::Bullish
            } else if forward < -threshold {
                Direction::Bearish
            } else {
                Direction::Neutral
            };
            let from = self.waiting[0].at;
            resolved.push(Outcome::new(at, self.horizon, direction as u8, [from, bar.open_time]));
        }
    }
}
