//! Alphas of prices alone.

use super::{ROUNDING, alpha, clearly_greater};
use crate::families::unit;
use crate::family::Feature;
use crate::graph::{Graph, Signal};

/// Alphas 9, 23, 24, 41, 46, 49, 51, 53, 54 and 101.
pub(super) fn features(g: &mut Graph) -> Vec<Feature> {
    let mut features = vec![persistent_change(g), against_new_highs(g), low_or_reversal(g), middle(g)];
    features.extend(reversals_unless_bent(g));
    features.extend([close_in_range(g), weak_close(g), body(g)]);
    features
}

/// `C₋₁ − C`.
fn reversal(g: &mut Graph) -> Signal {
    let close = g.close();
    g.sub(close.lag(1), close)
}

fn persistent_change(g: &mut Graph) -> Feature {
    let close = g.close();
    let change = g.sub(close, close.lag(1));
    let (lowest, highest) = (g.lowest(change, 5), g.highest(change, 5));
    let fallen = g.scale(highest, -1.0);
    let one_way = g.larger(lowest, fallen);
    let back = reversal(g);
    let signal = g.choose(one_way, change, back);
    let formula = "C − C₋₁ when the last 5 changes are all rises or all falls, else C₋₁ − C";
    alpha("alpha_009", "Kakushadze 2015, alpha 9", signal, formula, unit::PRICE_CHANGE)
}

fn against_new_highs(g: &mut Graph) -> Feature {
    let high = g.high();
    let average = g.mean(high, 20);
    let above = clearly_greater(g, high, average, high);
    let (back, zero) = (g.sub(high.lag(2), high), g.zero());
    let signal = g.choose(above, back, zero);
    let formula = "H₋₂ − H when SMA20(H) < H by more than 1e-12 of H, else 0";
    alpha("alpha_023", "Kakushadze 2015, alpha 23", signal, formula, unit::PRICE_CHANGE)
}

fn low_or_reversal(g: &mut Graph) -> Feature {
    let close = g.close();
    let slow = g.mean(close, 100);
    let rise = g.sub(slow, slow.lag(100));
    let growth = g.div(rise, close.lag(100));
    let steep = g.above(growth, 0.05);
    let back = g.sub(close.lag(3), close);
    let bottom = g.lowest(close, 100);
    let under = g.sub(bottom, close);
    let signal = g.choose(steep, back, under);
    let formula = "min(C, 100) − C when (SMA100(C) − SMA100(C)₋₁₀₀) / C₋₁₀₀ ≤ 0.05, else C₋₃ − C";
    alpha("alpha_024", "Kakushadze 2015, alpha 24", signal, formula, unit::PRICE_CHANGE)
}

fn middle(g: &mut Graph) -> Feature {
    let (high, low, typical) = (g.high(), g.low(), g.typical_price());
    let product = g.mul(high, low);
    let middle = g.sqrt(product);
    let signal = g.sub(middle, typical);
    let formula = "√(H·L) − (H + L + C)/3";
    alpha("alpha_041", "Kakushadze 2015, alpha 41", signal, formula, unit::PRICE_CHANGE)
}

/// Alphas 46, 49 and 51: the last change back, unless the path over 20 bars is bent.
fn reversals_unless_bent(g: &mut Graph) -> [Feature; 3] {
    let close = g.close();
    let (before, recent) = (g.sub(close.lag(20), close.lag(10)), g.sub(close.lag(10), close));
    let bend = g.sub(before, recent);
    let bend = g.scale(bend, 0.1);
    let back = reversal(g);
    let (one, minus_one) = (g.constant(1.0), g.constant(-1.0));
    let when_below = |g: &mut Graph, limit: f64| {
        let limit = g.affine(close, -ROUNDING, limit);
        let below = g.greater(limit, bend);
        g.choose(below, one, back)
    };
    let (falling, steep, steeper) = (when_below(g, 0.0), when_below(g, -0.05), when_below(g, -0.1));
    let limit = g.affine(close, ROUNDING, 0.25);
    let above = g.greater(bend, limit);
    let either = g.choose(above, minus_one, falling);
    let formula =
        |cases: &str| format!("{cases}, x = (C₋₂₀ − 2 C₋₁₀ + C)/10, by more than 1e-12 of C, else C₋₁ − C");
    [
        ("alpha_046", "Kakushadze 2015, alpha 46", either, "−1 when x > 0.25, 1 when x < 0"),
        ("alpha_049", "Kakushadze 2015, alpha 49", steeper, "1 when x < −0.1"),
        ("alpha_051", "Kakushadze 2015, alpha 51", steep, "1 when x < −0.05"),
    ]
    .map(|(name, source, signal, cases)| alpha(name, source, signal, &formula(cases), unit::PRICE_CHANGE))
}

fn close_in_range(g: &mut Graph) -> Feature {
    let (high, low, close) = (g.high(), g.low(), g.close());
    let (above, below) = (g.sub(close, low), g.sub(high, close));
    let lead = g.sub(above, below);
    let place = g.div_or(lead, above, 0.0);
    let signal = g.sub(place.lag(9), place);
    let formula = "y₋₉ − y, y = ((C − L) − (H − C)) / (C − L), 0 when C = L";
    alpha("alpha_053", "Kakushadze 2015, alpha 53", signal, formula, unit::RATIO)
}

fn weak_close(g: &mut Graph) -> Feature {
    let (open, high, low, close) = (g.open(), g.high(), g.low(), g.close());
    let (above, range) = (g.sub(close, low), g.sub(high, low));
    let place = g.div_or(above, range, 0.5);
    let ratio = g.div(open, close);
    let square = g.square(ratio);
    let fourth = g.square(square);
    let fifth = g.mul(fourth, ratio);
    let product = g.mul(place, fifth);
    let signal = g.scale(product, -1.0);
    let formula = "−(C − L)/(H − L) · (O/C)⁵; the first factor is 0.5 when flat";
    alpha("alpha_054", "Kakushadze 2015, alpha 54", signal, formula, ["ratio", "≤ 0"])
}

fn body(g: &mut Graph) -> Feature {
    let (open, high, low, close) = (g.open(), g.high(), g.low(), g.close());
    let (body, range) = (g.sub(close, open), g.sub(high, low));
    let range = g.affine(range, 1.0, 0.001);
    let signal = g.div(body, range);
    let formula = "(C − O) / (H − L + 0.001)";
    alpha("alpha_101", "Kakushadze 2015, alpha 101", signal, formula, unit::BALANCE)
}
