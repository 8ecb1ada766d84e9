//! Where in its window a network looks.

use anyhow::Result;
use models::FeatureView;

use crate::experiment::fold::{Fitter, Fold};
use crate::report::AttentionReport;

/// The attention of a model of the config on out-of-sample windows of all folds, evenly spaced; none for models
/// without attention.
pub(super) fn attention(
    fitter: &Fitter<'_>,
    (place, name): (usize, &str),
    folds: &[Fold],
    most: usize,
) -> Result<Option<AttentionReport>> {
    let (values, n_features) = (fitter.dataset.table.values(), fitter.dataset.table.schema().len());
    let (mut sums, mut windows, mut lookback) = (Vec::new(), 0, 1);
    for fold in folds {
        let Ok((pipeline, _)) = &fold.fits[place] else { continue };
        let model = &pipeline.members()[0].model;
        let step = fold.test.len().div_ceil(most.max(1)).max(1);
        let ends: Vec<usize> = fold.test.iter().map(|row| row.bar).step_by(step).collect();
        let Some(means) = model.attention(&FeatureView { values, n_features, ends: &ends })? else {
            continue;
        };
        sums.resize(means.len(), 0.0);
        for (sum, mean) in sums.iter_mut().zip(&means) {
            *sum += mean * ends.len() as f64;
        }
        windows += ends.len();
        lookback = model.lookback();
    }
    if windows == 0 {
        return Ok(None);
    }
    let layers = sums.chunks(lookback);
    Ok(Some(AttentionReport {
        model: name.to_owned(),
        windows,
        layers: layers.map(|layer| layer.iter().map(|sum| sum / windows as f64).collect()).collect(),
    }))
}
