//! One-bar change of simple averages.

use super::{WINDOWS, unit};
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// `SMA / SMA one bar ago − 1` of the close over several windows.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let close = g.close();
    let of = Origin(Group::Momentum, "");
    WINDOWS
        .into_iter()
        .map(|n| {
            let sum = g.sum(close, n);
            let growth = g.div(sum, sum.lag(1));
            let slope = g.affine(growth, 1.0, -1.0);
            let formula = format!("SMA({n}) / SMA({n})[1 bar ago] − 1 of close");
            of.feature(format!("ma_slope_{n}"), slope, formula, unit::RETURN)
        })
        .collect()
}
