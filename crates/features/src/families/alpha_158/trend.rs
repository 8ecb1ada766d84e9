//! Where the close came from and where it stands among recent prices.

use super::windowed;
use crate::families::unit;
use crate::family::Feature;
use crate::graph::Graph;

const POSITIVE: [&str; 2] = ["ratio", "> 0"];

/// Returns, averages, spread, least-squares lines, extremes, quantiles, ranks, and the age of extremes.
pub(super) fn features(g: &mut Graph) -> Vec<Feature> {
    [levels(g), lines(g), extremes(g), places(g)].concat()
}

fn levels(g: &mut Graph) -> Vec<Feature> {
    let close = g.close();
    let roc = windowed("roc", "C₋{n} / C", POSITIVE, |n| g.div(close.lag(n), close));
    let average = windowed("ma", "SMA(C, {n}) / C", POSITIVE, |n| {
        let mean = g.mean(close, n);
        g.div(mean, close)
    });
    let spread = windowed("std", "std(C, {n}) / C", unit::VOLATILITY, |n| {
        let spread = g.sample_std(close, n);
        g.div(spread, close)
    });
    [roc, average, spread].concat()
}

fn lines(g: &mut Graph) -> Vec<Feature> {
    let close = g.close();
    let formula = "slope of the least-squares line through C over {n} bars, / C";
    let slope = windowed("beta", formula, unit::RATIO, |n| {
        let slope = g.line_slope(close, n);
        g.div(slope, close)
    });
    let formula = "R² of the least-squares line through C over {n} bars; 0 when constant";
    let fit = windowed("rsqr", formula, unit::SHARE, |n| g.line_r_squared(close, n));
    let formula = "(C − the least-squares line through C over {n} bars at the newest) / C";
    let residual = windowed("resi", formula, unit::RATIO, |n| {
        let residual = g.line_residual(close, n);
        g.div(residual, close)
    });
    [slope, fit, residual].concat()
}

fn extremes(g: &mut Graph) -> Vec<Feature> {
    let (high, low, close) = (g.high(), g.low(), g.close());
    let top = windowed("max", "max(H, {n}) / C", ["ratio", "≥ 1"], |n| {
        let top = g.highest(high, n);
        g.div(top, close)
    });
    let bottom = windowed("min", "min(L, {n}) / C", ["ratio", "0 to 1"], |n| {
        let bottom = g.lowest(low, n);
        g.div(bottom, close)
    });
    let formula = "quantile of C over {n} at 0.8 (linear, place 0.8 ({n} − 1)), / C";
    let upper = windowed("qtlu", formula, POSITIVE, |n| {
        let [_, upper] = g.quantiles(close, n, [0.2, 0.8]);
        g.div(upper, close)
    });
    let formula = "quantile of C over {n} at 0.2 (linear, place 0.2 ({n} − 1)), / C";
    let lower = windowed("qtld", formula, POSITIVE, |n| {
        let [lower, _] = g.quantiles(close, n, [0.2, 0.8]);
        g.div(lower, close)
    });
    [top, bottom, upper, lower].concat()
}

fn places(g: &mut Graph) -> Vec<Feature> {
    let (high, low, close) = (g.high(), g.low(), g.close());
    let rank =
        windowed("rank", "ts_rank(C, {n}), ties in the middle", unit::SHARE, |n| g.rank(close, n, 0.0));
    let formula = "(C − min(L, {n})) / (max(H, {n}) − min(L, {n})); 0.5 without range";
    let mut position = windowed("rsv", formula, unit::SHARE, |n| g.channel_position(n));
    for feature in &mut position {
        if feature.name == "a158_rsv_20" {
            feature.same_as = Some("donchian_position_20");
        }
    }
    let formula = "place (1 the oldest, {n} the newest) of the oldest highest H of {n}, / {n}";
    let top = windowed("imax", formula, unit::SHARE, |n| {
        let age = g.bars_since_oldest_highest(high, n);
        g.affine(age, -1.0 / n as f64, 1.0)
    });
    let formula = "place (1 the oldest, {n} the newest) of the oldest lowest L of {n}, / {n}";
    let bottom = windowed("imin", formula, unit::SHARE, |n| {
        let age = g.bars_since_oldest_lowest(low, n);
        g.affine(age, -1.0 / n as f64, 1.0)
    });
    let formula = "(place of the oldest highest H − place of the oldest lowest L) / {n}";
    let apart = windowed("imxd", formula, unit::BALANCE, |n| {
        let (top, bottom) = (g.bars_since_oldest_highest(high, n), g.bars_since_oldest_lowest(low, n));
        let apart = g.sub(bottom, top);
        g.scale(apart, 1.0 / n as f64)
    });
    [rank, position, top, bottom, apart].concat()
}
