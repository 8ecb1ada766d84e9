//! Volatility against its own longer past.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Realised volatility over 12 bars against its trailing median, its rank there, and the rank of ATR.
///
/// The trailing window, [`market::Timeframe::regime_window`], is that of the volatility label.
pub(crate) fn features(g: &mut Graph, setting: Setting) -> Vec<Feature> {
    let of = Origin(Group::Volatility, "");
    let past = setting.timeframe.regime_window();
    let returns = g.log_return(1);
    let squares = g.square(returns);
    let variance = g.sum(squares, 12);
    let volatility = g.sqrt(variance);
    let [median, rank] = g.order(volatility, past);
    let against_median = g.log_ratio(volatility, median);
    let atr = g.average_true_range(14);
    let close = g.close();
    let relative = g.div(atr, close);
    let atr_rank = g.share_not_above(relative, 100);
    vec![
        of.feature("rv_12", volatility, "√Σ log_return_1² over 12", unit::VOLATILITY),
        of.feature(
            "rv_12_log_ratio",
            against_median,
            format!("ln(rv_12 / median of the last {past}, the newest included); 0 when either is 0"),
            unit::LOG_RATIO,
        ),
        of.feature(
            "rv_12_percentile",
            rank,
            format!("share of the last {past} values of rv_12 that are ≤ the newest (ties within 1e-12)"),
            unit::SHARE,
        ),
        of.feature(
            "atr_percentile_100",
            atr_rank,
            "share of the last 100 values of atr_pct that are ≤ the newest (ties within 1e-12)",
            unit::SHARE,
        ),
    ]
}
