//! L6: the state that a filter will see some bars ahead.

use detectors::GaussianHmm;
use market::{BarSeries, Classes, Taxonomy};

use crate::label::Label;

/// The filtered state at t + horizon: known only when that bar has closed.
pub(crate) fn label(series: &BarSeries, horizon: usize, model: &GaussianHmm) -> Vec<Option<Label>> {
    let bars = series.bars();
    let states = model.filter_series(series, bars.len());
    let mut labels = vec![None; bars.len()];
    for segment in series.segments() {
        for t in segment.start..segment.end.saturating_sub(horizon) {
            labels[t] = states[t + horizon].map(|class| Label {
                class,
                from: bars[t + 1].open_time,
                until: bars[t + horizon].open_time,
            });
        }
    }
    labels
}

/// Names of `n` states, ordered by log-volatility: low, mid, high for three.
pub(crate) fn classes(n: usize) -> Classes {
    let names: Vec<String> = match n {
        2 => ["low", "high"].map(str::to_owned).into(),
        3 => ["low", "mid", "high"].map(str::to_owned).into(),
        _ => (0..n).map(|state| format!("state_{state}")).collect(),
    };
    Classes::new(Taxonomy::States, names).expect("between 2 and 255 different names")
}
