//! Price impact of trading (Amihud 2002), recent against usual.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Log ratio of Amihud's measure over 20 and over 100 bars: scale-free, unlike the measure.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let (close, volume) = (g.close(), g.volume());
    let change = g.simple_return(1);
    let size = g.abs(change);
    let traded = g.mul(close, volume);
    let impact = g.div_or(size, traded, 0.0);
    let (recent, usual) = (g.mean(impact, 20), g.mean(impact, 100));
    let ratio = g.log_ratio(recent, usual);
    let formula = "ln(A(20) / A(100)), A(n) = mean over n of |returns_1| / (close · volume), bars without volume count 0; 0 when either is 0";
    vec![Origin(Group::Microstructure, "Amihud 2002").feature(
        "amihud_ratio",
        ratio,
        formula,
        unit::LOG_RATIO,
    )]
}
