//! From a series of numbers to the inputs of tokens.

use crate::config::TirexConfig;
use crate::error::TirexError;

/// Added to the size of a constant before it becomes a scale.
const CONSTANT: f32 = 1e-5;

/// Where a series lies and how far it spreads: forecasts are made in these units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    pub(crate) loc: f32,
    pub(crate) scale: f32,
}

impl Scale {
    /// Mean and population standard deviation of what is observed.
    pub(crate) fn of(values: &[f32]) -> Self {
        let observed = || values.iter().filter(|value| !value.is_nan()).map(|value| f64::from(*value));
        let n = observed().count() as f64;
        if n == 0.0 {
            return Self { loc: 0.0, scale: 1.0 };
        }
        let mean = observed().sum::<f64>() / n;
        let loc = mean as f32;
        let variance = observed().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n;
        let scale = variance.sqrt() as f32;
        Self { loc, scale: if scale == 0.0 { loc.abs() + CONSTANT } else { scale } }
    }
}

/// A series as tokens: whole patches up to its newest value, missing values in front where the oldest is cut.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) scale: Scale,
    /// `[tokens, 2 * patch]`: scaled values, 0 where missing; then 1 where observed.
    pub(crate) inputs: Vec<f32>,
}

/// Refuses what is no series.
pub(crate) fn check(series: &[f32]) -> Result<(), TirexError> {
    if series.is_empty() {
        return Err(TirexError::Empty);
    }
    match series.iter().position(|value| value.is_infinite()) {
        None => Ok(()),
        Some(index) => Err(TirexError::Infinite { index, value: series[index] }),
    }
}

/// The newest values that fit into a context, as tokens; `missing` values follow behind them.
pub(crate) fn tokens(config: &TirexConfig, series: &[f32], missing: usize) -> Tokens {
    let kept = config.context.saturating_sub(missing);
    let series = &series[series.len().saturating_sub(kept)..];
    let scale = Scale::of(series);
    let patch = config.patch;
    let length = series.len() + missing;
    let n_tokens = length.div_ceil(patch).min(config.tokens());
    let first = n_tokens * patch - length;
    let mut inputs = vec![0.0; n_tokens * 2 * patch];
    for (index, value) in series.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
        let place = first + index;
        let token = &mut inputs[place / patch * 2 * patch..][..2 * patch];
        token[place % patch] = (value - scale.loc) / scale.scale;
        token[patch + place % patch] = 1.0;
    }
    Tokens { scale, inputs }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> TirexConfig {
        TirexConfig { patch: 2, context: 6, ..TirexConfig::released_35m() }
    }

    #[test]
    fn missing_values_are_nothing_and_constants_have_a_scale() {
        let found = tokens(&config(), &[f32::NAN, 1.0, 3.0], 0);
        assert_eq!(found.scale, Scale { loc: 2.0, scale: 1.0 });
        assert_eq!(found.inputs, [0.0, 0.0, 0.0, 0.0, -1.0, 1.0, 1.0, 1.0]);
        assert_eq!(Scale::of(&[5.0, 5.0]), Scale { loc: 5.0, scale: 5.0 + CONSTANT });
        assert_eq!(Scale::of(&[f32::NAN]), Scale { loc: 0.0, scale: 1.0 });
    }

    #[test]
    fn only_the_newest_count_and_what_follows_pushes_out_the_oldest() {
        let series = [100.0, 100.0, 1.0, 3.0, 1.0, 3.0, 1.0, 3.0];
        assert_eq!(tokens(&config(), &series, 0).scale, Scale { loc: 2.0, scale: 1.0 });
        let pushed = tokens(&config(), &series, 4);
        assert_eq!(pushed.inputs.len(), 12);
        assert_eq!(pushed.inputs[..4], [-1.0, 1.0, 1.0, 1.0]);
        assert!(pushed.inputs[4..].iter().all(|input| *input == 0.0));
    }

    #[test]
    fn what_is_no_series_is_refused() {
        assert!(check(&[]).is_err());
        assert!(check(&[1.0, f32::INFINITY]).unwrap_err().to_string().contains("value 1 "));
    }
}
