//! Alphas of prices and volumes.

use super::{COMPUTED_TIE, ROUNDING, alpha, clearly_greater};
use crate::families::unit;
use crate::family::Feature;
use crate::graph::{Graph, Signal};

/// Alphas 6, 7, 12, 21, 26, 35 and 43.
pub(super) fn features(g: &mut Graph) -> Vec<Feature> {
    vec![
        open_with_volume(g),
        busy_reversal(g),
        reversal_by_volume(g),
        channel(g),
        joint_ranks(g),
        three_ranks(g),
        busy_fall(g),
    ]
}

/// The value traded `C · V`, and adv20, its mean over 20 bars.
fn traded(g: &mut Graph) -> [Signal; 2] {
    let (close, volume) = (g.close(), g.volume());
    let traded = g.mul(close, volume);
    [traded, g.mean(traded, 20)]
}

/// The value traded over adv20; 1 without volume.
fn traded_ratio(g: &mut Graph) -> Signal {
    let [traded, average] = traded(g);
    g.div_or(traded, average, 1.0)
}

/// `1 − a`.
fn rest(g: &mut Graph, a: Signal) -> Signal {
    g.affine(a, -1.0, 1.0)
}

fn open_with_volume(g: &mut Graph) -> Feature {
    let (open, volume) = (g.open(), g.volume());
    let correlation = g.correlation(open, volume, 10);
    let signal = g.scale(correlation, -1.0);
    let formula = "−correlation(O, V, 10); 0 when either is constant";
    alpha("alpha_006", "Kakushadze 2015, alpha 6", signal, formula, unit::BALANCE)
}

fn busy_reversal(g: &mut Graph) -> Feature {
    let [traded, average] = traded(g);
    let busy = clearly_greater(g, traded, average, average);
    let close = g.close();
    let change = g.sub(close, close.lag(7));
    let size = g.abs(change);
    let rank = g.rank(size, 60, COMPUTED_TIE);
    let direction = g.sign(change);
    let ranked = g.mul(rank, direction);
    let against = g.scale(ranked, -1.0);
    let otherwise = g.constant(-1.0);
    let signal = g.choose(busy, against, otherwise);
    let formula = "where adv20 < C·V: −ts_rank(|C − C₋₇|, 60) · sign(C − C₋₇), else −1; adv20 = SMA20(C·V), \
                   < by more than 1e-12; ranks with ties within 1e-9 of the largest";
    alpha("alpha_007", "Kakushadze 2015, alpha 7", signal, formula, unit::BALANCE)
}

fn reversal_by_volume(g: &mut Graph) -> Feature {
    let (close, volume) = (g.close(), g.volume());
    let (back, growth) = (g.sub(close.lag(1), close), g.sub(volume, volume.lag(1)));
    let direction = g.sign(growth);
    let signal = g.mul(direction, back);
    let formula = "−sign(V − V₋₁) · (C − C₋₁)";
    alpha("alpha_012", "Kakushadze 2015, alpha 12", signal, formula, unit::PRICE_CHANGE)
}

fn channel(g: &mut Graph) -> Feature {
    let close = g.close();
    let (long, short, sigma) = (g.mean(close, 8), g.mean(close, 2), g.sample_std(close, 8));
    let (upper, lower) = (g.add(long, sigma), g.sub(long, sigma));
    let over = clearly_greater(g, short, upper, close);
    let under = clearly_greater(g, lower, short, close);
    let ratio = traded_ratio(g);
    let quiet = g.below(ratio, 1.0 - ROUNDING);
    let (one, minus_one) = (g.constant(1.0), g.constant(-1.0));
    let between = g.choose(quiet, minus_one, one);
    let inside = g.choose(under, one, between);
    let signal = g.choose(over, minus_one, inside);
    let formula = "−1 when SMA8 + std(C, 8) < SMA2, 1 when SMA2 < SMA8 − std(C, 8) (by more than 1e-12 of C), \
                   else 1 when C·V / SMA20(C·V) ≥ 1 (within 1e-12; 1 without volume), else −1";
    alpha("alpha_021", "Kakushadze 2015, alpha 21", signal, formula, ["−1/1", "−1 or 1"])
}

fn joint_ranks(g: &mut Graph) -> Feature {
    let (high, volume) = (g.high(), g.volume());
    let (by_volume, by_high) = (g.rank(volume, 5, 0.0), g.rank(high, 5, 0.0));
    let correlation = g.correlation(by_volume, by_high, 5);
    let highest = g.highest(correlation, 3);
    let signal = g.scale(highest, -1.0);
    let formula = "−max over 3 of correlation(ts_rank(V, 5), ts_rank(H, 5), 5); 0 when either is constant";
    alpha("alpha_026", "Kakushadze 2015, alpha 26", signal, formula, unit::BALANCE)
}

fn three_ranks(g: &mut Graph) -> Feature {
    let (high, low, close, volume) = (g.high(), g.low(), g.close(), g.volume());
    let reached = g.add(close, high);
    let reached = g.sub(reached, low);
    let returns = g.simple_return(1);
    let busy = g.rank(volume, 32, 0.0);
    let (place, growth) = (g.rank(reached, 16, COMPUTED_TIE), g.rank(returns, 32, COMPUTED_TIE));
    let (low_place, low_growth) = (rest(g, place), rest(g, growth));
    let product = g.mul(busy, low_place);
    let signal = g.mul(product, low_growth);
    let formula = "ts_rank(V, 32) · (1 − ts_rank(C + H − L, 16)) · (1 − ts_rank(C/C₋₁ − 1, 32)); \
                   the last two with ties within 1e-9 of the largest";
    alpha("alpha_035", "Kakushadze 2015, alpha 35", signal, formula, unit::SHARE)
}

fn busy_fall(g: &mut Graph) -> Feature {
    let close = g.close();
    let fall = g.sub(close.lag(7), close);
    let ratio = traded_ratio(g);
    let (busy, fallen) = (g.rank(ratio, 20, COMPUTED_TIE), g.rank(fall, 8, COMPUTED_TIE));
    let signal = g.mul(busy, fallen);
    let formula = "ts_rank(C·V / SMA20(C·V), 20) · ts_rank(C₋₇ − C, 8), ties within 1e-9 of the largest; \
                   the ratio is 1 without volume";
    alpha("alpha_043", "Kakushadze 2015, alpha 43", signal, formula, unit::SHARE)
}
