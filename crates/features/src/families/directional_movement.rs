//! Directional movement (Wilder 1978), as `TA_PLUS_DI`, `TA_MINUS_DI`, `TA_ADX`.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::{Graph, Signal};
use crate::schema::Group;

/// +DI, −DI, their difference over their sum, and ADX, all over 14 bars.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let (high, low) = (g.high(), g.low());
    let (rise, fall) = (g.sub(high, high.lag(1)), g.sub(low.lag(1), low));
    let plus = movement(g, rise, fall);
    let minus = movement(g, fall, rise);
    let range = g.true_range();
    let range = g.wilder_sum(range, 14);
    let plus = indicator(g, plus, range);
    let minus = indicator(g, minus, range);
    let (difference, sum) = (g.sub(plus, minus), g.add(plus, minus));
    let balance = g.div_or(difference, sum, 0.0);
    let strength = g.abs(balance);
    let strength = g.scale(strength, 100.0);
    let adx = g.wilder(strength, 14);
    let of = Origin(Group::Technical, "Wilder 1978, as TA-Lib");
    let formula = "ADX(14), Wilder; a bar without directional movement counts 0 (TA-Lib leaves it out)";
    vec![
        of.feature("adx_14", adx, formula, unit::PERCENT),
        of.feature("plus_di_14", plus, "+DI(14), Wilder; 0 when the true range is 0", unit::PERCENT),
        of.feature("minus_di_14", minus, "−DI(14), Wilder; 0 when the true range is 0", unit::PERCENT),
        of.feature("di_difference", balance, "(+DI − −DI) / (+DI + −DI); 0 when both are 0", unit::BALANCE),
    ]
}

/// The move in one direction where it is above zero and larger than that in the other, else 0.
fn movement(g: &mut Graph, own: Signal, other: Signal) -> Signal {
    let lead = g.sub(own, other);
    let (own, zero) = (g.non_negative(own), g.zero());
    g.choose(lead, own, zero)
}

fn indicator(g: &mut Graph, movement: Signal, range: Signal) -> Signal {
    let smoothed = g.wilder_sum(movement, 14);
    let share = g.div_or(smoothed, range, 0.0);
    g.scale(share, 100.0)
}
