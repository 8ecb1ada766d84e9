//! Distances of the close from averages and bands, in average true ranges.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Everything over ATR(14); 0 when that is 0.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let of = Origin(Group::Technical, "averages as TA-Lib");
    let close = g.close();
    let atr = g.average_true_range(14);
    let mut features = Vec::new();
    for n in [10, 20, 50] {
        let average = g.ema(close, n);
        let distance = g.sub(close, average);
        let signal = g.div_or(distance, atr, 0.0);
        let formula = format!("(close − EMA({n})) / ATR(14); 0 when ATR is 0");
        features.push(of.feature(format!("ema_distance_{n}"), signal, formula, unit::ATR));
    }
    let [upper, lower] = g.bollinger(20);
    let (above, below) = (g.sub(upper, close), g.sub(close, lower));
    let line = g.macd(12, 26);
    let smoothed = g.ema(line, 9);
    let histogram = g.sub(line, smoothed);
    for (name, distance, formula) in [
        ("bb_upper_distance", above, "(SMA(20) + 2σ − close) / ATR(14), σ with n; 0 when ATR is 0"),
        ("bb_lower_distance", below, "(close − SMA(20) + 2σ) / ATR(14), σ with n; 0 when ATR is 0"),
        ("macd_atr", line, "(EMA(12) − EMA(26)) / ATR(14); 0 when ATR is 0"),
        ("macd_histogram_atr", histogram, "(macd − EMA(9) of macd) / ATR(14); 0 when ATR is 0"),
    ] {
        let signal = g.div_or(distance, atr, 0.0);
        features.push(of.feature(name, signal, formula, unit::ATR));
    }
    let average = g.ema(close, 20);
    let distance = g.sub(close, average);
    let width = g.scale(atr, 2.0);
    let keltner = g.div_or(distance, width, 0.0);
    let formula = "(close − EMA(20)) / (2 ATR(14)); 0 when ATR is 0";
    features.push(of.feature("keltner_position_20", keltner, formula, unit::RATIO));
    features
}
