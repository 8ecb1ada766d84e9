//! Commodity channel index (Lambert 1980), as `TA_CCI`.

use market::Timeframe;

use super::unit;
use crate::family::{Feature, Origin};
use crate::graph::Graph;
use crate::schema::Group;

/// Distance of the typical price from its mean in units of 0.015 mean absolute deviations.
pub(crate) fn features(g: &mut Graph, _: Timeframe) -> Vec<Feature> {
    let price = g.typical_price();
    let (mean, deviation) = (g.mean(price, 20), g.mean_deviation(price, 20));
    let deviation = g.unless_flat(deviation, price, 20);
    let distance = g.sub(price, mean);
    let width = g.scale(deviation, 0.015);
    let index = g.div_or(distance, width, 0.0);
    let formula =
        "(TP − SMA(20) of TP) / (0.015 · mean |TP − SMA|), TP = (high + low + close)/3; 0 when flat";
    vec![Origin(Group::Technical, "Lambert 1980, as TA_CCI").feature("cci_20", index, formula, unit::RATIO)]
}
