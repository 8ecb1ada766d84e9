//! Average true range (Wilder 1978), as `TA_ATR`.

use serde::{Deserialize, Serialize};

use super::recursive;
use crate::family::{BarContext, FeatureFamily};
use crate::schema::{Column, Group};
use crate::smoothing::{Ema, settling_bars};

/// Wilder average of the true range, in price and as a share of the close.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AverageTrueRange {
    period: usize,
    average: Ema,
}

impl AverageTrueRange {
    pub(crate) fn new(period: usize) -> Self {
        Self { period, average: Ema::wilder(period) }
    }
}

impl FeatureFamily for AverageTrueRange {
    fn columns(&self) -> Vec<Column> {
        let n = self.period;
        let first = n + 1;
        let warm = [first, first + settling_bars(self.average.alpha())];
        vec![
            recursive("atr", Group::Technical, format!("ATR({n}), Wilder"), "price", warm),
            recursive("atr_pct", Group::Technical, format!("ATR({n}) / close"), "ratio", warm),
        ]
    }

    fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]) {
        let Some(previous) = context.previous else { return };
        let bar = context.bar;
        let range =
            (bar.high - bar.low).max((bar.high - previous.close).abs()).max((bar.low - previous.close).abs());
        if let Some(atr) = self.average.update(range) {
            row.copy_from_slice(&[atr, atr / bar.close]);
        }
    }
}
