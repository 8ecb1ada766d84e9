//! Moving average convergence and divergence (Appel), seeded as `TA_MACD`.

use serde::{Deserialize, Serialize};

use super::recursive;
use crate::family::{BarContext, FeatureFamily};
use crate::schema::{Column, Group};
use crate::smoothing::{Ema, settling_bars};

/// Fast minus slow EMA of the close, its signal line, their difference and its sign.
///
/// As in TA-Lib the fast average starts late, so that both have their seed at the same bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Macd {
    periods: [usize; 3],
    seen: usize,
    fast: Ema,
    slow: Ema,
    signal: Ema,
}

impl Macd {
    pub(crate) fn new(fast: usize, slow: usize, signal: usize) -> Self {
        Self {
            periods: [fast, slow, signal],
            seen: 0,
            fast: Ema::new(fast),
            slow: Ema::new(slow),
            signal: Ema::new(signal),
        }
    }
}

impl FeatureFamily for Macd {
    fn columns(&self) -> Vec<Column> {
        let [fast, slow, signal] = self.periods;
        let line = [slow, slow + settling_bars(self.slow.alpha())];
        let smoothed = [slow + signal - 1, line[1] + settling_bars(self.signal.alpha())];
        let of = format!("({fast},{slow},{signal})");
        vec![
            recursive("macd", Group::Technical, format!("EMA({fast}) − EMA({slow}) of close"), "price", line),
            recursive("macd_signal", Group::Technical, format!("EMA({signal}) of macd"), "price", smoothed),
            recursive("macd_histogram", Group::Technical, format!("macd − signal {of}"), "price", smoothed),
            recursive(
                "macd_cross",
                Group::Technical,
                format!("sign(macd − signal) {of}"),
                "−1/0/1",
                smoothed,
            ),
        ]
    }

    fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]) {
        let [fast, slow, _] = self.periods;
        let close = context.bar.close;
        self.seen = (self.seen + 1).min(slow);
        let fast_value = if self.seen > slow - fast { self.fast.update(close) } else { None };
        if let (Some(fast_value), Some(slow_value)) = (fast_value, self.slow.update(close)) {
            let macd = fast_value - slow_value;
            row[0] = macd;
            if let Some(signal) = self.signal.update(macd) {
                let histogram = macd - signal;
                let cross = if histogram.abs() > 0.0 { histogram.signum() } else { 0.0 };
                row[1..].copy_from_slice(&[signal, histogram, cross]);
            }
        }
    }
}
