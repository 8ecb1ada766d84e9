//! Where a slow average of the price is going, and where it was lately.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Bars of the average.
const AVERAGE: usize = 100;
/// Bars of the standard deviation that everything is measured in.
const REFERENCE: usize = 288;
/// Bars in which the steepest slopes are looked for: a trend that is held until its slope is nearly gone
/// remembers them.
const MEMORY: usize = 48;

/// Slopes of EMA(100) of the log price, the distance from it, and the steepest slopes of late.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let of = Origin(Group::Momentum, "");
    let close = g.close();
    let price = g.ln(close);
    let average = g.ema(price, AVERAGE);
    let returns = g.log_return(1);
    let reference = g.sample_std(returns, REFERENCE);
    let mut features = Vec::new();
    let mut slope = average;
    for n in [12, 24] {
        let change = g.sub(average, average.lag(n));
        let width = g.scale(reference, (n as f64).sqrt());
        slope = g.div_or(change, width, 0.0);
        let formula = format!(
            "(E − E {n} bars ago) / (std(log_return_1, 288) · √{n}), E = EMA(100) of ln close; 0 when the std is 0"
        );
        features.push(of.feature(format!("ema_100_slope_{n}"), slope, formula, unit::SIGMA));
    }
    let distance = g.sub(price, average);
    let width = g.scale(reference, (AVERAGE as f64).sqrt());
    let distance = g.div_or(distance, width, 0.0);
    let (steepest, lowest) = (g.highest(slope, MEMORY), g.lowest(slope, MEMORY));
    for (name, signal, formula) in [
        (
            "ema_100_distance",
            distance,
            "(ln close − EMA(100) of ln close) / (std(log_return_1, 288) · √100); 0 when the std is 0",
        ),
        ("ema_100_slope_max_48", steepest, "max(ema_100_slope_24, 48)"),
        ("ema_100_slope_min_48", lowest, "min(ema_100_slope_24, 48)"),
    ] {
        features.push(of.feature(name, signal, formula, unit::SIGMA));
    }
    features
}
