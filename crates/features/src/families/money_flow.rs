//! Price moves weighted by volume: money flow index, Chaikin money flow, distance from VWAP.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// MFI(14), CMF(20) and the distance from the 20-bar volume-weighted price.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    vec![money_flow_index(g), chaikin_money_flow(g), distance_from_weighted_price(g)]
}

fn money_flow_index(g: &mut Graph) -> Feature {
    let (price, volume) = (g.typical_price(), g.volume());
    let flow = g.mul(price, volume);
    let growth = g.div(price, price.lag(1));
    let change = g.affine(growth, 1.0, -1.0);
    let (rose, fell) = (g.above(change, 1e-12), g.below(change, -1e-12));
    let (inflow, outflow) = (g.mul(flow, rose), g.mul(flow, fell));
    let (inflow, outflow) = (g.sum(inflow, 14), g.sum(outflow, 14));
    let total = g.add(inflow, outflow);
    let share = g.div_or(inflow, total, 0.5);
    let index = g.scale(share, 100.0);
    let formula = "100 · flow of rising bars / flow of all that moved, over 14; flow = TP · volume, TP = (high + low + close)/3, moves within 1e-12 left out; 50 without flow";
    Origin(Group::Volume, "Quong and Soudack 1989, as TA_MFI").feature(
        "mfi_14",
        index,
        formula,
        unit::PERCENT,
    )
}

fn chaikin_money_flow(g: &mut Graph) -> Feature {
    let (high, low, close, volume) = (g.high(), g.low(), g.close(), g.volume());
    let (above, below, range) = (g.sub(close, low), g.sub(high, close), g.sub(high, low));
    let lead = g.sub(above, below);
    let place = g.div_or(lead, range, 0.0);
    let flow = g.mul(place, volume);
    let (flow, volume) = (g.sum(flow, 20), g.sum(volume, 20));
    let ratio = g.div_or(flow, volume, 0.0);
    let formula = "Σ ((close − low) − (high − close)) / (high − low) · volume / Σ volume over 20; flat bars count 0; 0 without volume";
    Origin(Group::Volume, "Chaikin").feature("cmf_20", ratio, formula, unit::BALANCE)
}

fn distance_from_weighted_price(g: &mut Graph) -> Feature {
    let (price, volume, close) = (g.typical_price(), g.volume(), g.close());
    let flow = g.mul(price, volume);
    let (flow, traded) = (g.sum(flow, 20), g.sum(volume, 20));
    let weighted = g.div_or(flow, traded, 0.0);
    let plain = g.mean(price, 20);
    let average = g.choose(traded, weighted, plain);
    let distance = g.sub(close, average);
    let atr = g.average_true_range(14);
    let in_ranges = g.div_or(distance, atr, 0.0);
    let formula =
        "(close − Σ TP · volume / Σ volume over 20) / ATR(14); mean TP without volume; 0 when ATR is 0";
    Origin(Group::Volume, "").feature("vwap_distance_20", in_ranges, formula, unit::ATR)
}
