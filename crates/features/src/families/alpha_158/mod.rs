//! Alpha158, the columns that Qlib (microsoft/qlib) makes of one symbol's bars, all but VWAP0.
//!
//! O H L C V are a bar's numbers, a₋ₙ is the value n bars ago. Unlike there, windows are always full, and a
//! value whose denominator is 0 is neutral: 0 for differences, deviations and correlations, 0.5 for a place
//! within a range and for shares of gains or losses, 1 for ratios.

mod candle;
mod change;
mod trend;
mod volume;

use crate::family::{Feature, Origin, Setting};
use crate::graph::{Graph, Signal};
use crate::schema::Group;

const OF: Origin = Origin(Group::Alpha, "Alpha158 of qlib");

/// Bars that the columns look back.
const WINDOWS: [usize; 5] = [5, 10, 20, 30, 60];

/// The shape of the bar, the trend of prices, their changes, and volume.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    [candle::features(g), trend::features(g), change::features(g), volume::features(g)].concat()
}

/// A feature for each window; `{n}` in the formula stands for it.
fn windowed(
    name: &str,
    formula: &str,
    unit: [&'static str; 2],
    mut signal: impl FnMut(usize) -> Signal,
) -> Vec<Feature> {
    let feature = |n: usize| {
        OF.feature(format!("a158_{name}_{n}"), signal(n), formula.replace("{n}", &n.to_string()), unit)
    };
    WINDOWS.map(feature).to_vec()
}
