//! Moving average convergence and divergence (Appel), seeded as `TA_MACD`.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Fast minus slow EMA of the close, its signal line, their difference and its sign.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let line = g.macd(12, 26);
    let smoothed = g.ema(line, 9);
    let histogram = g.sub(line, smoothed);
    let cross = g.sign(histogram);
    let of = Origin(Group::Technical, "Appel, as TA_MACD");
    vec![
        of.feature("macd", line, "EMA(12) − EMA(26) of close", unit::PRICE_CHANGE),
        of.feature("macd_signal", smoothed, "EMA(9) of macd", unit::PRICE_CHANGE),
        of.feature("macd_histogram", histogram, "macd − signal (12,26,9)", unit::PRICE_CHANGE),
        of.feature("macd_cross", cross, "sign(macd − signal) (12,26,9)", ["−1/0/1", "−1, 0 or 1"]),
    ]
}
