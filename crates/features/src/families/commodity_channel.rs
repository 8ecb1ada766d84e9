//! Commodity channel index (Lambert 1980), as `TA_CCI`.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Distance of the typical price from its mean in units of 0.015 mean absolute deviations.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let price = g.typical_price();
    let (mean, deviation) = (g.mean(price, 20), g.mean_deviation(price, 20));
    let distance = g.sub(price, mean);
    let width = g.scale(deviation, 0.015);
    let index = g.div_or(distance, width, 0.0);
    // The mean of equal prices may round to another.
    let share = g.div(deviation, mean);
    let (moved, zero) = (g.above(share, 1e-12), g.zero());
    let index = g.choose(moved, index, zero);
    let formula = "(TP − SMA(20) of TP) / (0.015 · mean |TP − SMA|), TP = (high + low + close)/3; \
                   0 when the mean deviation is within 1e-12 of the mean";
    vec![Origin(Group::Technical, "Lambert 1980, as TA_CCI").feature("cci_20", index, formula, unit::RATIO)]
}
