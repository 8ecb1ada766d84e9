//! Exponential smoothing, seeded with a simple average as TA-Lib does.

use serde::{Deserialize, Serialize};

/// The share of its starting error that a settled recursion may still carry: a fiftieth of the 1e-9 that
/// "settled" promises, because a column's own scale can be smaller than the error it starts with (RSI and
/// the distance of two averages start up to 19 standard deviations off on real bars).
const SETTLED_SHARE: f64 = 2e-11;

/// Bars until an exponential average with weight `alpha` has forgotten its start.
pub fn settling_bars(alpha: f64) -> usize {
    (SETTLED_SHARE.ln() / (1.0 - alpha).ln()).ceil() as usize
}

/// Exponential moving average: the mean of the first `period` values, then
/// `previous + alpha · (value − previous)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ema {
    period: usize,
    alpha: f64,
    seen: usize,
    value: f64,
}

impl Ema {
    /// The usual average over `period` bars: alpha = 2 / (period + 1).
    pub fn new(period: usize) -> Self {
        Self { period, alpha: 2.0 / (period as f64 + 1.0), seen: 0, value: 0.0 }
    }

    /// Wilder's average over `period` bars: alpha = 1 / period.
    pub fn wilder(period: usize) -> Self {
        Self { period, alpha: 1.0 / period as f64, seen: 0, value: 0.0 }
    }

    /// Weight of the newest value.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// Takes the next value; answers from the `period`-th on.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        self.seen = (self.seen + 1).min(self.period + 1);
        let change = value - self.value;
        // A running mean: unlike sum / period, that of equal values is exactly their value.
        self.value += if self.seen <= self.period { change / self.seen as f64 } else { self.alpha * change };
        (self.seen >= self.period).then_some(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_with_the_mean_then_recursive() {
        let mut ema = Ema::new(3);
        let out: Vec<_> = [1.0, 2.0, 3.0, 6.0, 2.0].iter().map(|v| ema.update(*v)).collect();
        assert_eq!(out, [None, None, Some(2.0), Some(4.0), Some(3.0)]);
        let mut wilder = Ema::wilder(2);
        let out: Vec<_> = [1.0, 3.0, 6.0].iter().map(|v| wilder.update(*v)).collect();
        assert_eq!(out, [None, Some(2.0), Some(4.0)]);
    }

    #[test]
    fn settling_forgets_the_start() {
        let bars = settling_bars(2.0 / 51.0);
        assert!((1.0 - 2.0_f64 / 51.0).powi(bars as i32) <= SETTLED_SHARE);
        assert!((1.0 - 2.0_f64 / 51.0).powi(bars as i32 - 1) > SETTLED_SHARE);
    }
}
