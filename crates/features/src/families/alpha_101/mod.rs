//! 101 Formulaic Alphas (Kakushadze 2015, arXiv 1601.00991): the 17 that need one symbol's bars only.
//!
//! Of the 101, all but 6, 7, 9, 12, 21, 23, 24, 26, 35, 41, 43, 46, 49, 51, 53, 54, 84 and 101 rank, scale
//! or neutralise across symbols. Number 84 is left out: its exponent is a price difference.
//!
//! O H L C V are a bar's numbers, a₋ₙ is the value n bars ago. Where the paper compares shares with the
//! dollars of adv20, C·V stands for the shares; vwap is (H + L + C)/3. A comparison of computed numbers holds
//! when they differ by more than 1e-12 of the price or of adv20, so that rounding does not decide where they
//! are equal on paper, and ranks of computed numbers take values within 1e-9 of the largest in the window for
//! equal.

mod price;
mod volume;

use crate::family::{Feature, Origin, Setting};
use crate::graph::{Graph, Signal};
use crate::schema::Group;

/// Relative distance within which computed numbers are equal in a comparison.
const ROUNDING: f64 = 1e-12;
/// The same for the numbers of a rank, relative to the largest in the window.
const COMPUTED_TIE: f64 = 1e-9;

/// Alphas of prices, then those of prices and volumes.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    [price::features(g), volume::features(g)].concat()
}

/// A feature of this family.
fn alpha(
    name: &'static str,
    source: &'static str,
    signal: Signal,
    formula: &str,
    unit: [&'static str; 2],
) -> Feature {
    Origin(Group::Alpha, source).feature(name, signal, formula, unit)
}

/// 1 when a is larger than b by more than [`ROUNDING`] of `scale`, else 0.
fn clearly_greater(g: &mut Graph, a: Signal, b: Signal, scale: Signal) -> Signal {
    let excess = g.sub(a, b);
    let room = g.scale(scale, ROUNDING);
    g.greater(excess, room)
}
