//! The shape of one bar.

use market::Timeframe;

use super::unit;
use crate::family::{Feature, Origin};
use crate::graph::Graph;
use crate::schema::Group;

/// The bar's range over its close, and where in the range it closed (0.5 when there is no range).
pub(crate) fn features(g: &mut Graph, _: Timeframe) -> Vec<Feature> {
    let (high, low, close) = (g.high(), g.low(), g.close());
    let range = g.sub(high, low);
    let share = g.div(range, close);
    let above = g.sub(close, low);
    let position = g.div_or(above, range, 0.5);
    let of = Origin(Group::Microstructure, "");
    vec![
        of.feature("price_range", share, "(high − low) / close", unit::VOLATILITY),
        of.feature("close_position", position, "(close − low) / (high − low); 0.5 when flat", unit::SHARE),
    ]
}
