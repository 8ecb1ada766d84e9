//! How good a model is on made-up series that none of its seed learnt from.

use super::generators::{SeriesKind, held_out_series};
use crate::error::TirexError;
use crate::forecast::ForecastOptions;
use crate::model::Tirex;
use crate::quality::{Quality, quality};

/// Forecasts `count` held-out series of every kind over one patch of the model, from as long a past as it looks at.
///
/// # Errors
///
/// None at present: made-up series are series.
pub fn held_out_quality(
    model: &Tirex,
    seed: u64,
    count: u64,
) -> Result<Vec<(SeriesKind, Quality)>, TirexError> {
    let horizon = model.config().patch;
    let length = model.config().context + horizon;
    let mut all = Vec::new();
    for (kind, _) in SeriesKind::SHARES {
        let series: Vec<Vec<f32>> =
            (0..count).map(|number| held_out_series(kind, seed, number, length)).collect();
        let series: Vec<&[f32]> = series.iter().map(Vec::as_slice).collect();
        all.push((kind, quality(model, &series, horizon, ForecastOptions::default())?));
    }
    Ok(all)
}
