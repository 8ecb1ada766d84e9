//! The shape of one bar.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// The bar's range over its close, where in the range it closed (0.5 when there is no range), and its body
/// and shadows as shares of the range.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let (open, high, low, close) = (g.open(), g.high(), g.low(), g.close());
    let range = g.sub(high, low);
    let share = g.div(range, close);
    let above = g.sub(close, low);
    let position = g.div_or(above, range, 0.5);
    let body = g.sub(close, open);
    let (top, bottom) = (g.larger(open, close), g.smaller(open, close));
    let (upper, lower) = (g.sub(high, top), g.sub(bottom, low));
    let [body, upper, lower] = [body, upper, lower].map(|part| g.div_or(part, range, 0.0));
    let of = Origin(Group::Microstructure, "");
    vec![
        of.feature("price_range", share, "(high − low) / close", unit::VOLATILITY),
        of.feature("close_position", position, "(close − low) / (high − low); 0.5 when flat", unit::SHARE),
        of.feature("body_ratio", body, "(close − open) / (high − low); 0 when flat", unit::BALANCE),
        of.feature(
            "upper_shadow",
            upper,
            "(high − max(open, close)) / (high − low); 0 when flat",
            unit::SHARE,
        ),
        of.feature(
            "lower_shadow",
            lower,
            "(min(open, close) − low) / (high − low); 0 when flat",
            unit::SHARE,
        ),
    ]
}
