//! Recent drift and volatility against a longer past, as the regime detectors see them.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Bars of the standard deviation that both are measured in.
const REFERENCE: usize = 288;

/// Half-lives of drift and volatility: those of the detectors, and slower ones for states that remember.
const HALF_LIVES: [(usize, usize); 2] = [(8, 12), (48, 48)];

/// Exponentially weighted mean return, and volatility, against the standard deviation of 288 bars.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let returns = g.log_return(1);
    let reference = g.sample_std(returns, REFERENCE);
    let squares = g.square(returns);
    let mut features = Vec::new();
    for (drift, volatility) in HALF_LIVES {
        let mean = g.ema_of_half_life(returns, drift);
        let signal = g.div_or(mean, reference, 0.0);
        let formula = format!(
            "EWM of r = log_return_1, half-life {drift}, started with the first, / std(r, 288); 0 when the std is 0"
        );
        let of = Origin(Group::Momentum, "");
        features.push(of.feature(format!("ewm_drift_{drift}"), signal, formula, unit::SIGMA));
        let variance = g.ema_of_half_life(squares, volatility);
        let root = g.sqrt(variance);
        let signal = g.log_ratio(root, reference);
        let formula = format!(
            "ln(√(EWM of log_return_1², half-life {volatility}) / std(log_return_1, 288)); 0 when either is 0"
        );
        let of = Origin(Group::Volatility, "");
        let name = format!("ewm_vol_{volatility}_log_ratio");
        features.push(of.feature(name, signal, formula, unit::LOG_RATIO));
    }
    features
}
