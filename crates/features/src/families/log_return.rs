//! Log returns, plain and in units of their own volatility.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// `ln(close / close n bars ago)`, some of them over what 100 bars of volatility lead to expect, and the
/// opening gap.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let of = Origin(Group::Momentum, "");
    let mut features = Vec::new();
    for n in [1, 5, 10, 20, 50, 100] {
        let signal = g.log_return(n);
        let formula = format!("ln(close / close[{n} bars ago])");
        features.push(of.feature(format!("log_return_{n}"), signal, formula, unit::LOG_RATIO));
    }
    let returns = g.log_return(1);
    let spread = g.sample_std(returns, 100);
    for n in [5, 20, 50] {
        let change = g.log_return(n);
        let expected = g.scale(spread, (n as f64).sqrt());
        let z = g.div_or(change, expected, 0.0);
        let formula = format!("log_return_{n} / (std(log_return_1, 100) · √{n}); 0 when the std is 0");
        features.push(of.feature(format!("return_z_{n}"), z, formula, unit::SIGMA));
    }
    let (open, before) = (g.open(), g.close().lag(1));
    let gap = g.log_ratio(open, before);
    let of = Origin(Group::Microstructure, "");
    features.push(of.feature("gap", gap, "ln(open / close before)", unit::LOG_RATIO));
    features
}
