//! Who trades, where the source says so: taker volume and number of trades.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Taker-buy imbalance, number of trades and their size against the usual.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let of = Origin(Group::OrderFlow, "");
    let (volume, bought, trades) = (g.volume(), g.taker_buy_volume(), g.trades());
    let share = g.div_or(bought, volume, 0.5);
    let imbalance = g.affine(share, 2.0, -1.0);
    let (volumes, all_bought, all_trades) = (g.sum(volume, 20), g.sum(bought, 20), g.sum(trades, 20));
    let usual_share = g.div_or(all_bought, volumes, 0.5);
    let usual = g.affine(usual_share, 2.0, -1.0);
    let average = g.scale(all_trades, 1.0 / 20.0);
    let activity = g.log_ratio(trades, average);
    let (size, usual_size) = (g.div_or(volume, trades, 0.0), g.div_or(volumes, all_trades, 0.0));
    let relative_size = g.log_ratio(size, usual_size);
    vec![
        of.feature(
            "taker_imbalance",
            imbalance,
            "2 · taker buy volume / volume − 1; 0 without volume",
            unit::BALANCE,
        ),
        of.feature(
            "taker_imbalance_20",
            usual,
            "2 · Σ taker buy volume / Σ volume − 1 over 20; 0 without volume",
            unit::BALANCE,
        ),
        of.feature("trades_ratio_20", activity, "ln(trades / SMA(20)); 0 when either is 0", unit::LOG_RATIO),
        of.feature(
            "trade_size_ratio_20",
            relative_size,
            "ln((volume / trades) / (Σ volume / Σ trades over 20)); 0 when any is 0",
            unit::LOG_RATIO,
        ),
    ]
}
