//! Volume against its own average.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Volume, its simple average and their ratio (1 when nothing was traded in the whole window).
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let volume = g.volume();
    let average = g.mean(volume, 20);
    let ratio = g.div_or(volume, average, 1.0);
    let of = Origin(Group::Microstructure, "");
    vec![
        of.feature("volume", volume, "volume", unit::VOLUME),
        of.feature("volume_ma", average, "SMA(20) of volume", unit::VOLUME),
        of.feature("volume_ratio", ratio, "volume / SMA(20); 1 when that is 0", ["ratio", "0 to 20"]),
    ]
}
