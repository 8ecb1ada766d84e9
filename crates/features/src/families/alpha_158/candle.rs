//! The shape of one bar.

use super::OF;
use crate::families::unit;
use crate::family::Feature;
use crate::graph::Graph;

const SHARE: [&str; 2] = ["ratio", "0 to 1"];
const BALANCE: [&str; 2] = ["ratio", "−1 to 1"];

/// Body, range, shadows and the close's place, over the open and over the range; prices over the close.
pub(super) fn features(g: &mut Graph) -> Vec<Feature> {
    let (open, high, low, close) = (g.open(), g.high(), g.low(), g.close());
    let (body, range) = (g.sub(close, open), g.sub(high, low));
    let (top, bottom) = (g.larger(open, close), g.smaller(open, close));
    let (upper, lower) = (g.sub(high, top), g.sub(bottom, low));
    let (above, below) = (g.sub(close, low), g.sub(high, close));
    let lead = g.sub(above, below);
    let [kmid, klen, kup, klow, ksft] = [body, range, upper, lower, lead].map(|part| g.div(part, open));
    let [kmid2, kup2, klow2, ksft2] = [body, upper, lower, lead].map(|part| g.div_or(part, range, 0.0));
    let [open0, high0, low0] = [open, high, low].map(|price| g.div(price, close));
    vec![
        OF.feature("a158_kmid", kmid, "(C − O) / O", unit::RETURN),
        OF.feature("a158_klen", klen, "(H − L) / O", unit::VOLATILITY),
        OF.feature("a158_kmid2", kmid2, "(C − O) / (H − L); 0 when flat", BALANCE).same_as("body_ratio"),
        OF.feature("a158_kup", kup, "(H − max(O, C)) / O", unit::VOLATILITY),
        OF.feature("a158_kup2", kup2, "(H − max(O, C)) / (H − L); 0 when flat", SHARE)
            .same_as("upper_shadow"),
        OF.feature("a158_klow", klow, "(min(O, C) − L) / O", SHARE),
        OF.feature("a158_klow2", klow2, "(min(O, C) − L) / (H − L); 0 when flat", SHARE)
            .same_as("lower_shadow"),
        OF.feature("a158_ksft", ksft, "((C − L) − (H − C)) / O", unit::RATIO),
        OF.feature("a158_ksft2", ksft2, "((C − L) − (H − C)) / (H − L); 0 when flat", BALANCE),
        OF.feature("a158_open0", open0, "O / C", ["ratio", "> 0"]),
        OF.feature("a158_high0", high0, "H / C", ["ratio", "≥ 1"]),
        OF.feature("a158_low0", low0, "L / C", SHARE),
    ]
}
