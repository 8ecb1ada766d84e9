//! Bollinger bands (Bollinger 1983), as `TA_BBANDS` with a simple average.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Mean ± 2σ of the close (σ with n in the denominator), their width and the close's place between them
/// (0.5 when they coincide).
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let close = g.close();
    let [upper, lower] = g.bollinger(20);
    let between = g.sub(upper, lower);
    let width = g.div(between, close);
    let above = g.sub(close, lower);
    let position = g.div_or(above, between, 0.5);
    let of = Origin(Group::Technical, "Bollinger 1983, as TA_BBANDS");
    vec![
        of.feature("bb_upper", upper, "U = SMA(20) + 2σ of close, σ with n", unit::PRICE),
        of.feature("bb_lower", lower, "L = SMA(20) − 2σ of close, σ with n", unit::PRICE_CHANGE),
        of.feature("bb_width", width, "(U − L) / close", unit::VOLATILITY),
        of.feature("bb_position", position, "(close − L) / (U − L); 0.5 when U = L", unit::RATIO),
    ]
}
