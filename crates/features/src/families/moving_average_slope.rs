//! One-bar change of simple averages.

use serde::{Deserialize, Serialize};

use super::{WINDOWS, windowed};
use crate::family::{BarContext, FeatureFamily};
use crate::rolling::{Window, mean};
use crate::schema::{Column, Group};

/// `SMA / SMA one bar ago − 1` of the close over several windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MovingAverageSlope {
    closes: Window,
    before: [f64; WINDOWS.len()],
}

impl MovingAverageSlope {
    pub(crate) fn new() -> Self {
        Self { closes: Window::new(50), before: [0.0; WINDOWS.len()] }
    }
}

impl FeatureFamily for MovingAverageSlope {
    fn columns(&self) -> Vec<Column> {
        let formula = |n| format!("SMA({n}) / SMA({n})[1 bar ago] − 1 of close");
        WINDOWS.map(|n| windowed(format!("ma_slope_{n}"), Group::Momentum, formula(n), "ratio", n + 1)).into()
    }

    fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]) {
        self.closes.push(context.bar.close);
        for (place, n) in WINDOWS.into_iter().enumerate() {
            if let Some(values) = self.closes.last(n) {
                let average = mean(values);
                // Prices are above zero, so zero says that there was no average one bar ago.
                if self.before[place] > 0.0 {
                    row[place] = average / self.before[place] - 1.0;
                }
                self.before[place] = average;
            }
        }
    }
}
