//! The 22 canonical time-series characteristics of recent returns.

use characteristics::CATCH22;

use crate::family::{Feature, Origin, Setting};
use crate::graph::{Characteristics, Graph};
use crate::schema::Group;

/// catch22 of the log returns in a window, computed at every stride of the timeframe's grid.
pub(crate) fn features(g: &mut Graph, setting: Setting) -> Vec<Feature> {
    let (n, stride) = (setting.window_bars, setting.stride_bars);
    let of = Origin(Group::Catch22, "Lubba et al. 2019");
    let outputs = g.characteristics(Characteristics::Catch22, setting);
    CATCH22
        .iter()
        .zip(outputs)
        .map(|(feature, signal)| {
            let formula = format!("{} of log_return_1 over {n}, every {stride} bars", feature.formula());
            let name = format!("catch22_{}", feature.name());
            of.feature(name, signal, formula, [feature.unit(), feature.range()])
        })
        .collect()
}
