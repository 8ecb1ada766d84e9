//! Volatility of log returns, its term structure and its own volatility.

use super::{LONG_WINDOWS, unit};
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Sample standard deviations over several windows, logs of their ratios, and how much one of them moves.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let of = Origin(Group::Volatility, "");
    let returns = g.log_return(1);
    let mut features = Vec::new();
    for n in LONG_WINDOWS {
        let spread = g.sample_std(returns, n);
        let formula = format!("std of log_return_1 over {n}, n − 1");
        features.push(of.feature(format!("realised_vol_{n}"), spread, formula, unit::VOLATILITY));
    }
    for (short, long) in [(5, 20), (20, 100), (10, 50)] {
        let (recent, usual) = (g.sample_std(returns, short), g.sample_std(returns, long));
        let ratio = g.log_ratio(recent, usual);
        let formula = format!("ln(realised_vol_{short} / realised_vol_{long}); 0 when either is 0");
        features.push(of.feature(format!("vol_ratio_{short}_{long}"), ratio, formula, unit::LOG_RATIO));
    }
    let volatility = g.sample_std(returns, 10);
    let (spread, mean) = (g.sample_std(volatility, 20), g.mean(volatility, 20));
    let relative = g.div_or(spread, mean, 0.0);
    let formula = "std(realised_vol_10, 20) / mean(realised_vol_10, 20); 0 when the mean is 0";
    features.push(of.feature("vol_of_vol_20", relative, formula, unit::VOLATILITY));
    features
}
