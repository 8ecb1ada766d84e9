//! Range volatility (Parkinson 1980).

use serde::{Deserialize, Serialize};

use super::{WINDOWS, windowed};
use crate::family::{BarContext, FeatureFamily};
use crate::rolling::{Window, mean};
use crate::schema::{Column, Group};

/// √(mean(ln(high/low)²) / (4 ln 2)) over several windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Parkinson {
    squared_ranges: Window,
}

impl Parkinson {
    pub(crate) fn new() -> Self {
        Self { squared_ranges: Window::new(50) }
    }
}

impl FeatureFamily for Parkinson {
    fn columns(&self) -> Vec<Column> {
        let formula = |n| format!("√(mean(ln(high/low)², {n}) / (4 ln 2))");
        WINDOWS
            .map(|n| windowed(format!("parkinson_vol_{n}"), Group::Volatility, formula(n), "ratio", n))
            .into()
    }

    fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]) {
        let range = (context.bar.high / context.bar.low).ln();
        self.squared_ranges.push(range * range);
        for (value, n) in row.iter_mut().zip(WINDOWS) {
            if let Some(values) = self.squared_ranges.last(n) {
                *value = (mean(values) / (4.0 * std::f64::consts::LN_2)).sqrt();
            }
        }
    }
}
