//! The bar itself in logarithms: series to forecast, and what forecasters look at.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Shares of the price below which a range says no less.
const LEAST_RANGE: f64 = 1e-5;

/// The logarithms of close, volume and range.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let (high, low, close) = (g.high(), g.low(), g.close());
    let price = g.ln(close);
    let volume = g.log_volume();
    let range = g.sub(high, low);
    let share = g.div(range, close);
    let share = g.clip(share, LEAST_RANGE, f64::MAX);
    let range = g.ln(share);
    let of = |group| Origin(group, "");
    vec![
        of(Group::Momentum).feature("log_close", price, "ln close", unit::LOGARITHM),
        of(Group::Volume).feature("log_volume", volume, "ln(1 + volume)", unit::LOGARITHM),
        of(Group::Volatility).feature(
            "log_range",
            range,
            "ln(max((high − low) / close, 0.00001))",
            unit::LOG_RATIO,
        ),
    ]
}
