//! Standard deviation of one-bar returns.

use serde::{Deserialize, Serialize};

use super::{WINDOWS, windowed, z_score};
use crate::family::{BarContext, FeatureFamily};
use crate::rolling::{Window, sample_std};
use crate::schema::{Column, Group};

/// The window whose z-score is the volatility regime, as a place in [`WINDOWS`].
const REGIME: usize = 2;
/// Bars of the z-score.
const REGIME_WINDOW: usize = 50;

/// Sample standard deviation of simple returns over several windows; and the z-score of the 20-bar one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReturnVolatility {
    returns: Window,
    regime: Window,
}

impl ReturnVolatility {
    pub(crate) fn new() -> Self {
        Self { returns: Window::new(50), regime: Window::new(REGIME_WINDOW) }
    }
}

impl FeatureFamily for ReturnVolatility {
    fn columns(&self) -> Vec<Column> {
        let group = Group::Volatility;
        let mut columns: Vec<Column> = WINDOWS
            .map(|n| {
                windowed(
                    format!("vol_{n}"),
                    group,
                    format!("std of returns_1 over {n}, n − 1"),
                    "ratio",
                    n + 1,
                )
            })
            .into();
        let formula = format!("z-score of vol_20 over {REGIME_WINDOW} bars; 0 when constant");
        columns.push(windowed("vol_regime", group, formula, "σ", 20 + REGIME_WINDOW));
        columns
    }

    fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]) {
        let Some(previous) = context.previous else { return };
        self.returns.push(context.bar.close / previous.close - 1.0);
        for (place, n) in WINDOWS.into_iter().enumerate() {
            if let Some(values) = self.returns.last(n) {
                row[place] = sample_std(values);
                if place == REGIME {
                    self.regime.push(row[place]);
                }
            }
        }
        if self.regime.is_full() {
            row[4] = z_score(self.regime.values());
        }
    }
}
