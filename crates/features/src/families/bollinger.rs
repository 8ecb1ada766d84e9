//! Bollinger bands (Bollinger 1983), as `TA_BBANDS` with a simple average.

use serde::{Deserialize, Serialize};

use super::{ratio_or, windowed};
use crate::family::{BarContext, FeatureFamily};
use crate::rolling::{Window, mean, population_std};
use crate::schema::{Column, Group};

/// Mean ± deviations · σ of the close (σ with n in the denominator), their width and the close's place
/// between them (0.5 when they coincide).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bollinger {
    period: usize,
    deviations: f64,
    closes: Window,
}

impl Bollinger {
    pub(crate) fn new(period: usize, deviations: f64) -> Self {
        Self { period, deviations, closes: Window::new(period) }
    }
}

impl FeatureFamily for Bollinger {
    fn columns(&self) -> Vec<Column> {
        let (n, k) = (self.period, self.deviations);
        let column = |name, formula: String, unit| windowed(name, Group::Technical, formula, unit, n);
        vec![
            column("bb_upper", format!("U = SMA({n}) + {k}σ of close, σ with n"), "price"),
            column("bb_lower", format!("L = SMA({n}) − {k}σ of close, σ with n"), "price"),
            column("bb_width", "(U − L) / close".to_owned(), "ratio"),
            column("bb_position", "(close − L) / (U − L); 0.5 when U = L".to_owned(), "ratio"),
        ]
    }

    fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]) {
        let close = context.bar.close;
        self.closes.push(close);
        if self.closes.is_full() {
            let centre = mean(self.closes.values());
            let band = self.deviations * population_std(self.closes.values());
            let (upper, lower) = (centre + band, centre - band);
            let position = ratio_or(close - lower, upper - lower, 0.5);
            row.copy_from_slice(&[upper, lower, (upper - lower) / close, position]);
        }
    }
}
