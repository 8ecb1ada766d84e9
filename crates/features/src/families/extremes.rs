//! Distance from the highest high and the lowest low, in price and in time.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Drawdown, rally and bars since the extreme over several windows.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let of = Origin(Group::Momentum, "");
    let (high, low, close) = (g.high(), g.low(), g.close());
    let mut features = Vec::new();
    for n in [20, 50, 100] {
        let top = g.highest(high, n);
        let signal = g.log_ratio(close, top);
        let formula = format!("ln(close / max(high, {n}))");
        features.push(of.feature(format!("drawdown_{n}"), signal, formula, ["log ratio", "≤ 0"]));
    }
    for n in [20, 50, 100] {
        let bottom = g.lowest(low, n);
        let signal = g.log_ratio(close, bottom);
        let formula = format!("ln(close / min(low, {n}))");
        features.push(of.feature(format!("rally_{n}"), signal, formula, ["log ratio", "≥ 0"]));
    }
    for n in [20, 50, 100] {
        let bars = g.bars_since_highest(high, n);
        let signal = g.scale(bars, 1.0 / n as f64);
        let formula = format!("bars since the newest bar with high = max(high, {n}), over {n}");
        features.push(of.feature(format!("bars_since_high_{n}"), signal, formula, unit::SHARE));
    }
    for n in [20, 50, 100] {
        let bars = g.bars_since_lowest(low, n);
        let signal = g.scale(bars, 1.0 / n as f64);
        let formula = format!("bars since the newest bar with low = min(low, {n}), over {n}");
        features.push(of.feature(format!("bars_since_low_{n}"), signal, formula, unit::SHARE));
    }
    features
}
