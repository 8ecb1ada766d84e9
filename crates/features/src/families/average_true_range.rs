//! Average true range (Wilder 1978), as `TA_ATR`.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Wilder average of the true range, in price and as a share of the close.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let atr = g.average_true_range(14);
    let close = g.close();
    let share = g.div(atr, close);
    let of = Origin(Group::Technical, "Wilder 1978, as TA_ATR");
    vec![
        of.feature("atr", atr, "ATR(14), Wilder", ["price", "≥ 0"]),
        of.feature("atr_pct", share, "ATR(14) / close", unit::VOLATILITY),
    ]
}
