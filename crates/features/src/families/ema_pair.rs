//! Two exponential averages of the close.

use serde::{Deserialize, Serialize};

use super::{flag, recursive};
use crate::family::{BarContext, FeatureFamily};
use crate::schema::{Column, Group};
use crate::smoothing::{Ema, settling_bars};

/// A short and a long EMA, whether the short one is above, and their distance over the close.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct EmaPair {
    periods: [usize; 2],
    short: Ema,
    long: Ema,
}

impl EmaPair {
    pub(crate) fn new(short: usize, long: usize) -> Self {
        Self { periods: [short, long], short: Ema::new(short), long: Ema::new(long) }
    }
}

impl FeatureFamily for EmaPair {
    fn columns(&self) -> Vec<Column> {
        let [s, l] = self.periods;
        let short = [s, s + settling_bars(self.short.alpha())];
        let long = [l, l + settling_bars(self.long.alpha())];
        let technical = Group::Technical;
        vec![
            recursive(format!("ema_{s}"), technical, format!("EMA({s}) of close"), "price", short),
            recursive(format!("ema_{l}"), technical, format!("EMA({l}) of close"), "price", long),
            recursive("ema_cross", technical, format!("EMA({s}) > EMA({l})"), "0/1", long),
            recursive(
                "trend_strength",
                Group::Momentum,
                format!("(EMA({s}) − EMA({l})) / close"),
                "ratio",
                long,
            ),
        ]
    }

    fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]) {
        let close = context.bar.close;
        let short = self.short.update(close);
        let long = self.long.update(close);
        if let Some(short) = short {
            row[0] = short;
            if let Some(long) = long {
                row[1..].copy_from_slice(&[long, flag(short > long), (short - long) / close]);
            }
        }
    }
}
