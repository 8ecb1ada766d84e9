//! Volume with the price, and against its own past.

use super::windowed;
use crate::families::unit;
use crate::family::Feature;
use crate::graph::Graph;

/// Correlations of price and volume, averages and spreads of volume, and the spread of volume-weighted moves.
pub(super) fn features(g: &mut Graph) -> Vec<Feature> {
    [correlations(g), levels(g), weighted_moves(g)].concat()
}

fn correlations(g: &mut Graph) -> Vec<Feature> {
    let (close, volume, log_volume) = (g.close(), g.volume(), g.log_volume());
    let formula = "correlation(C, ln(1 + V), {n}); 0 when either is constant";
    let level = windowed("corr", formula, unit::BALANCE, |n| g.correlation(close, log_volume, n));
    let price_ratio = g.div(close, close.lag(1));
    let volume_ratio = g.div_or(volume, volume.lag(1), 1.0);
    let one_more = g.affine(volume_ratio, 1.0, 1.0);
    let growth = g.ln(one_more);
    let formula =
        "correlation(C / C₋₁, ln(1 + V / V₋₁), {n}), V / V₋₁ is 1 when V₋₁ = 0; 0 when either is constant";
    let change = windowed("cord", formula, unit::BALANCE, |n| g.correlation(price_ratio, growth, n));
    [level, change].concat()
}

fn levels(g: &mut Graph) -> Vec<Feature> {
    let volume = g.volume();
    let average = windowed("vma", "SMA(V, {n}) / V; 1 when V is 0", ["ratio", "> 0"], |n| {
        let mean = g.mean(volume, n);
        g.div_or(mean, volume, 1.0)
    });
    let spread = windowed("vstd", "std(V, {n}) / V; 0 when V is 0", unit::VOLATILITY, |n| {
        let spread = g.sample_std(volume, n);
        g.div_or(spread, volume, 0.0)
    });
    [average, spread].concat()
}

fn weighted_moves(g: &mut Graph) -> Vec<Feature> {
    let (volume, returns) = (g.volume(), g.simple_return(1));
    let size = g.abs(returns);
    let moved = g.mul(size, volume);
    let formula = "std(w, {n}) / mean(w, {n}), w = |C / C₋₁ − 1| · V; 0 when the mean is 0";
    windowed("wvma", formula, unit::VOLATILITY, |n| {
        let (spread, mean) = (g.sample_std(moved, n), g.mean(moved, n));
        g.div_or(spread, mean, 0.0)
    })
}
