//! Two exponential averages of the close.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// A short and a long EMA, whether the short one is above, and their distance over the close.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let close = g.close();
    let (short, long) = (g.ema(close, 20), g.ema(close, 50));
    let cross = g.greater(short, long);
    let distance = g.sub(short, long);
    let strength = g.div(distance, close);
    let of = Origin(Group::Technical, "as TA_EMA");
    vec![
        of.feature("ema_20", short, "EMA(20) of close", unit::PRICE),
        of.feature("ema_50", long, "EMA(50) of close", unit::PRICE),
        of.feature("ema_cross", cross, "EMA(20) > EMA(50)", unit::FLAG),
        Origin(Group::Momentum, "as TA_EMA").feature(
            "trend_strength",
            strength,
            "(EMA(20) − EMA(50)) / close",
            unit::RATIO,
        ),
    ]
}
