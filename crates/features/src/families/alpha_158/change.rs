//! How many changes went up or down, and how far.

use super::windowed;
use crate::families::unit;
use crate::family::Feature;
use crate::graph::{Graph, Signal};

/// Shares of rising and falling bars, and of the way up and down, of closes and of volumes.
pub(super) fn features(g: &mut Graph) -> Vec<Feature> {
    let (close, volume) = (g.close(), g.volume());
    let (change, volume_change) = (g.sub(close, close.lag(1)), g.sub(volume, volume.lag(1)));
    [counts(g, change), shares(g, "", "C", change), shares(g, "v", "V", volume_change)].concat()
}

fn counts(g: &mut Graph, change: Signal) -> Vec<Feature> {
    let (rises, falls, direction) = (g.above(change, 0.0), g.below(change, 0.0), g.sign(change));
    [
        windowed("cntp", "share of {n} bars with C > C₋₁", unit::SHARE, |n| g.mean(rises, n)),
        windowed("cntn", "share of {n} bars with C < C₋₁", unit::SHARE, |n| g.mean(falls, n)),
        windowed("cntd", "a158_cntp_{n} − a158_cntn_{n}", unit::BALANCE, |n| g.mean(direction, n)),
    ]
    .concat()
}

/// Of the summed changes of `letter`, the part that went up, that went down, and their difference.
fn shares(g: &mut Graph, prefix: &str, letter: &str, change: Signal) -> Vec<Feature> {
    let fall = g.scale(change, -1.0);
    let (gain, loss) = (g.non_negative(change), g.non_negative(fall));
    let path = format!("Σ |{letter} − {letter}₋₁| over {{n}}; 0.5 without change");
    let formula = format!("Σ max({letter} − {letter}₋₁, 0) / {path}");
    let up = windowed(&format!("{prefix}sump"), &formula, unit::SHARE, |n| {
        let (up, down) = (g.sum(gain, n), g.sum(loss, n));
        let path = g.add(up, down);
        g.div_or(up, path, 0.5)
    });
    let formula = format!("Σ max({letter}₋₁ − {letter}, 0) / {path}");
    let down = windowed(&format!("{prefix}sumn"), &formula, unit::SHARE, |n| {
        let (up, down) = (g.sum(gain, n), g.sum(loss, n));
        let path = g.add(up, down);
        g.div_or(down, path, 0.5)
    });
    let formula = format!("a158_{prefix}sump_{{n}} − a158_{prefix}sumn_{{n}}; 0 without change");
    let difference = windowed(&format!("{prefix}sumd"), &formula, unit::BALANCE, |n| {
        let (up, down) = (g.sum(gain, n), g.sum(loss, n));
        let (path, lead) = (g.add(up, down), g.sub(up, down));
        g.div_or(lead, path, 0.0)
    });
    [up, down, difference].concat()
}
