//! Where the close stands in the range of recent bars: stochastic, Williams %R, Donchian.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Stochastic %K and %D, Williams %R and the position in Donchian channels.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let position = g.channel_position(14);
    let fast = g.scale(position, 100.0);
    let slow = g.mean(fast, 3);
    let williams = g.affine(fast, 1.0, -100.0);
    let lane = Origin(Group::Technical, "Lane, as TA_STOCHF");
    let mut features = vec![
        lane.feature(
            "stoch_k_14",
            fast,
            "100 (close − min(low, 14)) / (max(high, 14) − min(low, 14)); 50 without range",
            unit::PERCENT,
        ),
        lane.feature("stoch_d_3", slow, "SMA(3) of stoch_k_14", unit::PERCENT),
        Origin(Group::Technical, "Williams, as TA_WILLR").feature(
            "williams_r_14",
            williams,
            "stoch_k_14 − 100",
            ["−100–0", "−100 to 0"],
        ),
    ];
    for n in [20, 50, 100] {
        let position = g.channel_position(n);
        let formula =
            format!("(close − min(low, {n})) / (max(high, {n}) − min(low, {n})); 0.5 without range");
        let of = Origin(Group::Technical, "Donchian");
        features.push(of.feature(format!("donchian_position_{n}"), position, formula, unit::SHARE));
    }
    features
}
