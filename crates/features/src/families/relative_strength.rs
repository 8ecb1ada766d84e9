//! Relative strength index (Wilder 1978), as `TA_RSI`.

use serde::{Deserialize, Serialize};

use super::{flag, recursive};
use crate::family::{BarContext, FeatureFamily};
use crate::schema::{Column, Group};
use crate::smoothing::{Ema, settling_bars};

/// RSI over Wilder averages of gains and losses; 50 when there was neither.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RelativeStrength {
    period: usize,
    gains: Ema,
    losses: Ema,
}

impl RelativeStrength {
    pub(crate) fn new(period: usize) -> Self {
        Self { period, gains: Ema::wilder(period), losses: Ema::wilder(period) }
    }
}

impl FeatureFamily for RelativeStrength {
    fn columns(&self) -> Vec<Column> {
        let n = self.period;
        let first = n + 1;
        let warm = [first, first + settling_bars(self.gains.alpha())];
        vec![
            recursive("rsi", Group::Technical, format!("RSI({n}), Wilder"), "0–100", warm),
            recursive("rsi_oversold", Group::Technical, format!("RSI({n}) < 30"), "0/1", warm),
            recursive("rsi_overbought", Group::Technical, format!("RSI({n}) > 70"), "0/1", warm),
        ]
    }

    fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]) {
        let Some(previous) = context.previous else { return };
        let change = context.bar.close - previous.close;
        let gain = self.gains.update(change.max(0.0));
        let loss = self.losses.update((-change).max(0.0));
        if let (Some(gain), Some(loss)) = (gain, loss) {
            let total = gain + loss;
            let rsi = if total > 0.0 { 100.0 * (gain / total) } else { 50.0 };
            row.copy_from_slice(&[rsi, flag(rsi < 30.0), flag(rsi > 70.0)]);
        }
    }
}
