//! Simple returns over several bars.

use serde::{Deserialize, Serialize};

use super::{windowed, z_score};
use crate::family::{BarContext, FeatureFamily};
use crate::rolling::Window;
use crate::schema::{Column, Group};

/// Distances in bars, each computed once.
const DISTANCES: [usize; 5] = [1, 5, 10, 20, 50];
/// The distance whose z-score is the momentum regime, as a place in [`DISTANCES`].
const REGIME: usize = 3;
/// Bars of the z-score.
const REGIME_WINDOW: usize = 50;

/// Close over the close some bars ago, minus one; and the z-score of the 20-bar return.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RateOfChange {
    closes: Window,
    regime: Window,
}

impl RateOfChange {
    pub(crate) fn new() -> Self {
        Self { closes: Window::new(51), regime: Window::new(REGIME_WINDOW) }
    }
}

impl FeatureFamily for RateOfChange {
    fn columns(&self) -> Vec<Column> {
        let change = |name: String, group, n: usize| {
            windowed(name, group, format!("close / close[{n} bars ago] − 1"), "ratio", n + 1)
        };
        let mut columns: Vec<Column> =
            [1, 5, 10].map(|n| change(format!("returns_{n}"), Group::Microstructure, n)).into();
        for n in [5, 10, 20, 50] {
            let mut column = change(format!("roc_{n}"), Group::Momentum, n);
            column.same_as = (n <= 10).then(|| format!("returns_{n}"));
            columns.push(column);
        }
        let formula = format!("z-score of roc_20 over {REGIME_WINDOW} bars; 0 when constant");
        columns.push(windowed("momentum_regime", Group::Momentum, formula, "σ", 20 + REGIME_WINDOW));
        columns
    }

    fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]) {
        self.closes.push(context.bar.close);
        let changes = DISTANCES.map(|n| self.closes.ago(n).map(|before| context.bar.close / before - 1.0));
        if let Some(change) = changes[REGIME] {
            self.regime.push(change);
        }
        // returns_1, returns_5, returns_10, roc_5, roc_10, roc_20, roc_50
        for (value, place) in row.iter_mut().zip([0, 1, 2, 1, 2, 3, 4]) {
            if let Some(change) = changes[place] {
                *value = change;
            }
        }
        if self.regime.is_full() {
            row[7] = z_score(self.regime.values());
        }
    }
}
