//! The observations that a detector is fitted on, and their common scale.

use market::BarSeries;

use crate::inputs::{Observation, RegimeInputs};

/// Fewer observations than this can't tell states apart.
pub(crate) const MINIMUM_OBSERVATIONS: usize = 500;
/// Standardised observations are clipped to ± this.
const CLIP: f64 = 4.0;

/// Observations of each segment's bars before `end`.
pub(crate) fn observe(series: &BarSeries, end: usize) -> Vec<Vec<Observation>> {
    series
        .segments()
        .iter()
        .map(|segment| {
            let mut inputs = RegimeInputs::new();
            let bars = &series.bars()[segment.start.min(end)..segment.end.min(end)];
            bars.iter().filter_map(|bar| inputs.update(bar)).collect::<Vec<_>>()
        })
        .filter(|run| !run.is_empty())
        .collect()
}

/// Mean and population standard deviation of each input.
pub(crate) fn standardisation(all: &[Observation]) -> (Observation, Observation) {
    let n = all.len() as f64;
    let axis = |d: usize| {
        let mean = all.iter().map(|x| x[d]).sum::<f64>() / n;
        let variance = all.iter().map(|x| (x[d] - mean) * (x[d] - mean)).sum::<f64>() / n;
        (mean, variance.sqrt().max(1e-12))
    };
    let ((x, sx), (y, sy)) = (axis(0), axis(1));
    ([x, y], [sx, sy])
}

/// Centred, scaled and clipped.
pub(crate) fn standardise(x: Observation, centre: Observation, scale: Observation) -> Observation {
    [0, 1].map(|d| ((x[d] - centre[d]) / scale[d]).clamp(-CLIP, CLIP))
}

/// Every observation of every run, standardised.
pub(crate) fn standardise_runs(
    runs: &[Vec<Observation>],
    centre: Observation,
    scale: Observation,
) -> Vec<Vec<Observation>> {
    runs.iter().map(|run| run.iter().map(|x| standardise(*x, centre, scale)).collect()).collect()
}

/// Differences measured by one scale, in the units of another.
pub(crate) fn in_units_of(
    points: &[Observation],
    scale: Observation,
    other_scale: Observation,
) -> Vec<Observation> {
    points.iter().map(|x| [0, 1].map(|d| x[d] * scale[d] / other_scale[d])).collect()
}
