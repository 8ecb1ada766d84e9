//! Recent drift and volatility against a longer past, as the regime detectors see them.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Bars of the standard deviation that both are measured in.
const REFERENCE: usize = 288;

/// Exponentially weighted mean return, and volatility, against the standard deviation of 288 bars.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let returns = g.log_return(1);
    let reference = g.sample_std(returns, REFERENCE);
    let mean = g.ema_of_half_life(returns, 8);
    let drift = g.div_or(mean, reference, 0.0);
    let squares = g.square(returns);
    let variance = g.ema_of_half_life(squares, 12);
    let volatility = g.sqrt(variance);
    let against_reference = g.log_ratio(volatility, reference);
    vec![
        Origin(Group::Momentum, "").feature(
            "ewm_drift_8",
            drift,
            "EWM of r = log_return_1, half-life 8, started with the first, / std(r, 288); 0 when the std is 0",
            unit::SIGMA,
        ),
        Origin(Group::Volatility, "").feature(
            "ewm_vol_12_log_ratio",
            against_reference,
            "ln(√(EWM of log_return_1², half-life 12) / std(log_return_1, 288)); 0 when either is 0",
            unit::LOG_RATIO,
        ),
    ]
}
