//! Volume against its own past, and with the price.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// On-balance volume as a z-score, volume ratios, and the correlation of volume changes with returns.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let of = Origin(Group::Volume, "");
    let (close, volume) = (g.close(), g.volume());
    let change = g.sub(close, close.lag(1));
    let direction = g.sign(change);
    let signed = g.mul(direction, volume);
    let balance = g.path_z_score(signed, 50);
    let usual = g.mean(volume, 20);
    let ratio = g.log_ratio(volume, usual);
    let (week, quarter) = (g.mean(volume, 5), g.mean(volume, 50));
    let trend = g.log_ratio(week, quarter);
    let logarithm = g.log_volume();
    let level = g.z_score(logarithm, 50);
    let mut features = vec![
        Origin(Group::Volume, "Granville 1963, TA_OBV").feature(
            "obv_z_50",
            balance,
            "z-score over 50 of on-balance volume (wherever that starts); 0 when constant",
            unit::SIGMA,
        ),
        of.feature("log_volume_ratio_20", ratio, "ln(volume / SMA(20)); 0 when either is 0", unit::LOG_RATIO),
        of.feature("volume_z_50", level, "z-score of ln(1 + volume) over 50; 0 when constant", unit::SIGMA),
        of.feature(
            "volume_trend",
            trend,
            "ln(SMA(5) / SMA(50)) of volume; 0 when either is 0",
            unit::LOG_RATIO,
        ),
    ];
    let returns = g.log_return(1);
    let growth = g.sub(logarithm, logarithm.lag(1));
    for n in [20, 50] {
        let correlation = g.correlation(returns, growth, n);
        let formula = format!(
            "Pearson correlation of log_return_1 and the change of ln(1 + volume) over {n}; 0 when either is constant"
        );
        let name = format!("price_volume_correlation_{n}");
        features.push(of.feature(name, correlation, formula, unit::BALANCE));
    }
    features
}
