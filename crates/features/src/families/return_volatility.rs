//! Standard deviation of one-bar returns.

use super::{WINDOWS, unit};
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Sample standard deviation of returns over several windows, and the z-score of the 20-bar one.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let returns = g.simple_return(1);
    let of = Origin(Group::Volatility, "");
    let mut features = Vec::new();
    for n in WINDOWS {
        let spread = g.sample_std(returns, n);
        let formula = format!("std of returns_1 over {n}, n − 1");
        features.push(of.feature(format!("vol_{n}"), spread, formula, unit::VOLATILITY));
    }
    let spread = g.sample_std(returns, 20);
    let regime = g.z_score(spread, 50);
    let formula = "z-score of vol_20 over 50 bars; 0 when constant";
    features.push(of.feature("vol_regime", regime, formula, unit::SIGMA));
    features
}
