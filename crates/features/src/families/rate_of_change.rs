//! Simple returns over several bars.

use super::{WINDOWS, unit};
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Close over the close some bars ago, minus one; and the z-score of the 20-bar return.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let formula = |n: usize| format!("close / close[{n} bars ago] − 1");
    let returns = Origin(Group::Microstructure, "as TA_ROCP");
    let change = Origin(Group::Momentum, "as TA_ROCP");
    let mut features = Vec::new();
    for n in [1, 5, 10] {
        let signal = g.simple_return(n);
        features.push(returns.feature(format!("returns_{n}"), signal, formula(n), unit::RETURN));
    }
    for n in WINDOWS {
        let signal = g.simple_return(n);
        let feature = change.feature(format!("roc_{n}"), signal, formula(n), unit::RETURN);
        features.push(match n {
            5 => feature.same_as("returns_5"),
            10 => feature.same_as("returns_10"),
            _ => feature,
        });
    }
    let month = g.simple_return(20);
    let regime = g.z_score(month, 50);
    let formula = "z-score of roc_20 over 50 bars; 0 when constant";
    features.push(Origin(Group::Momentum, "").feature("momentum_regime", regime, formula, unit::SIGMA));
    features
}
