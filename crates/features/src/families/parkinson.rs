//! Range volatility (Parkinson 1980).

use super::{LONG_WINDOWS, unit};
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// √(mean(ln(high/low)²) / (4 ln 2)) over several windows.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let of = Origin(Group::Volatility, "Parkinson 1980");
    LONG_WINDOWS
        .into_iter()
        .map(|n| {
            let volatility = g.parkinson(n);
            let formula = format!("√(mean(ln(high/low)², {n}) / (4 ln 2))");
            of.feature(format!("parkinson_vol_{n}"), volatility, formula, unit::VOLATILITY)
        })
        .collect()
}
