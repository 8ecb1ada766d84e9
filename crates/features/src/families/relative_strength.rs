//! Relative strength index (Wilder 1978), as `TA_RSI`.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// RSI over Wilder averages of gains and losses (50 when there was neither), and its two thresholds.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let close = g.close();
    let change = g.sub(close, close.lag(1));
    let fall = g.scale(change, -1.0);
    let (gain, loss) = (g.non_negative(change), g.non_negative(fall));
    let (gain, loss) = (g.wilder(gain, 14), g.wilder(loss, 14));
    let total = g.add(gain, loss);
    let share = g.div_or(gain, total, 0.5);
    let rsi = g.scale(share, 100.0);
    let (oversold, overbought) = (g.below(rsi, 30.0), g.above(rsi, 70.0));
    let of = Origin(Group::Technical, "Wilder 1978, as TA_RSI");
    vec![
        of.feature("rsi", rsi, "RSI(14), Wilder; 50 when nothing moved", unit::PERCENT),
        of.feature("rsi_oversold", oversold, "RSI(14) < 30", unit::FLAG),
        of.feature("rsi_overbought", overbought, "RSI(14) > 70", unit::FLAG),
    ]
}
