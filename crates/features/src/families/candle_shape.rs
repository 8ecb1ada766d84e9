//! The shape of one bar.

use serde::{Deserialize, Serialize};

use super::{ratio_or, windowed};
use crate::family::{BarContext, FeatureFamily};
use crate::schema::{Column, Group};

/// The bar's range over its close, and where in the range it closed (0.5 when there is no range).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CandleShape;

impl FeatureFamily for CandleShape {
    fn columns(&self) -> Vec<Column> {
        let group = Group::Microstructure;
        vec![
            windowed("price_range", group, "(high − low) / close", "ratio", 1),
            windowed("close_position", group, "(close − low) / (high − low); 0.5 when flat", "0–1", 1),
        ]
    }

    fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]) {
        let bar = context.bar;
        let range = bar.high - bar.low;
        row.copy_from_slice(&[range / bar.close, ratio_or(bar.close - bar.low, range, 0.5)]);
    }
}
