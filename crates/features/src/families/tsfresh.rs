//! Characteristics of recent returns as tsfresh names them.

use characteristics::TSFRESH;

use crate::family::{Feature, Origin, Setting};
use crate::graph::{Characteristics, Graph};
use crate::schema::Group;

/// A selection of tsfresh of the log returns in a window, computed at every stride of the timeframe's grid.
pub(crate) fn features(g: &mut Graph, setting: Setting) -> Vec<Feature> {
    let (n, stride) = (setting.window_bars, setting.stride_bars);
    let of = Origin(Group::Tsfresh, "as tsfresh");
    let outputs = g.characteristics(Characteristics::Tsfresh, setting);
    TSFRESH
        .iter()
        .zip(outputs)
        .map(|(feature, signal)| {
            let formula = format!("{} of log_return_1 over {n}, every {stride} bars", feature.formula());
            let name = format!("tsfresh_{}", feature.name());
            of.feature(name, signal, formula, [feature.unit(), feature.range()])
        })
        .collect()
}
