//! How good forecasts are, beside those that anybody can make.

use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF as _, Normal};

use crate::error::TirexError;
use crate::forecast::ForecastOptions;
use crate::model::Tirex;
use crate::series::Scale;

/// What the newest step weighs in an exponentially weighted mean is 1 minus this.
const KEEPS: f64 = 0.94;
/// Shortest and longest season that is looked for, in steps; the longest is at most a third of what is known.
const SEASONS: (usize, usize) = (2, 300);

/// Forecasts that need no model: quantiles of a normal distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naive {
    /// The newest value; the deviation is that of the steps, exponentially weighted, times the root of the horizon.
    LastValue,
    /// The exponentially weighted mean; the deviation is that of what it missed, weighted likewise, at every horizon.
    Level,
    /// The mean of all values, with the exponentially weighted deviation from it, at every horizon.
    Mean,
    /// The value one season ago, the season being the lag of the largest autocorrelation; the deviation is that between
    /// seasons.
    Seasonal,
}

impl Naive {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::LastValue, Self::Level, Self::Mean, Self::Seasonal];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::LastValue => "last value",
            Self::Level => "level",
            Self::Mean => "mean",
            Self::Seasonal => "seasonal",
        }
    }

    /// Quantiles, `[horizon, levels]`. Missing values are left out.
    pub fn forecast(self, series: &[f32], horizon: usize, levels: &[f64]) -> Vec<f64> {
        let values: Vec<f64> =
            series.iter().filter(|value| value.is_finite()).map(|value| f64::from(*value)).collect();
        let deviates: Vec<f64> = levels.iter().map(|level| Normal::standard().inverse_cdf(*level)).collect();
        let season = if self == Self::Seasonal { season(&values) } else { None };
        let ahead: Vec<(f64, f64)> = match (self, season) {
            (Self::Seasonal, Some(season)) => seasonal(&values, season, horizon),
            (Self::LastValue | Self::Seasonal, _) => {
                let deviation = weighted_deviation(values.windows(2).map(|pair| pair[1] - pair[0]));
                let last = values.last().copied().unwrap_or(0.0);
                (1..=horizon).map(|step| (last, deviation * (step as f64).sqrt())).collect()
            }
            (Self::Level, _) => {
                let mut level = values.first().copied().unwrap_or(0.0);
                let deviation = weighted_deviation(values.iter().map(|value| {
                    let missed = value - level;
                    level += (1.0 - KEEPS) * missed;
                    missed
                }));
                vec![(level, deviation); horizon]
            }
            (Self::Mean, _) => {
                let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
                vec![(mean, weighted_deviation(values.iter().map(|value| value - mean))); horizon]
            }
        };
        ahead
            .into_iter()
            .flat_map(|(centre, deviation)| deviates.iter().map(move |z| centre + deviation * z))
            .collect()
    }
}

/// Root of the exponentially weighted mean of squares.
fn weighted_deviation(errors: impl Iterator<Item = f64>) -> f64 {
    let mut square: Option<f64> = None;
    for error in errors {
        square = Some(square.map_or(error * error, |mean| KEEPS * mean + (1.0 - KEEPS) * error * error));
    }
    square.unwrap_or(0.0).sqrt()
}

/// The lag behind the first fall of the autocorrelation at which it is largest.
fn season(values: &[f64]) -> Option<usize> {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n.max(1) as f64;
    let correlation = |lag: usize| -> f64 {
        values.iter().zip(&values[lag..]).map(|(one, other)| (one - mean) * (other - mean)).sum::<f64>()
            / (n - lag) as f64
    };
    let lags: Vec<f64> = (0..=SEASONS.1.min(n / 3)).map(correlation).collect();
    let falls_until = lags.windows(2).position(|pair| pair[1] > pair[0])?.max(SEASONS.0);
    (falls_until..lags.len()).max_by(|one, other| lags[*one].total_cmp(&lags[*other]))
}

fn seasonal(values: &[f64], season: usize, horizon: usize) -> Vec<(f64, f64)> {
    let differences = values.iter().zip(&values[season..]).map(|(before, value)| value - before);
    let n = values.len() - season;
    let deviation = (differences.map(|error| error * error).sum::<f64>() / n as f64).sqrt();
    let centre = |step: usize| values[values.len() - season + step % season];
    (0..horizon).map(|step| (centre(step), deviation * ((step / season + 1) as f64).sqrt())).collect()
}

/// How a model's forecasts of many cases compare.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// Mean pinball loss over cases, steps and levels, in standard deviations of each case's past.
    pub pinball: f64,
    /// The same of [`Naive::ALL`].
    pub naive: [f64; 4],
    /// Share of values between the outermost levels.
    pub coverage: f64,
    /// Cases that entered; those whose past does not vary do not.
    pub cases: usize,
}

impl Quality {
    /// The model's loss as a share of a naive forecast's.
    pub fn ratio(&self, naive: Naive) -> f64 {
        self.pinball / self.naive[naive as usize]
    }

    /// The naive forecast that was hardest to beat.
    pub fn best_naive(&self) -> Naive {
        let better = |one: &Naive, other: &Naive| self.ratio(*one).total_cmp(&self.ratio(*other));
        Naive::ALL.into_iter().max_by(better).unwrap_or(Naive::LastValue)
    }
}

/// One case.
struct Scored {
    loss: f64,
    naive: [f64; 4],
    inside: f64,
}

/// Forecasts the last `horizon` values of every series from those before.
///
/// # Errors
/// When a series is no series to the model, or not longer than the horizon.
pub fn quality(
    model: &Tirex,
    series: &[&[f32]],
    horizon: usize,
    options: ForecastOptions,
) -> Result<Quality, TirexError> {
    let mut cases = Vec::new();
    for series in series {
        let (past, future) = series.split_at(series.len().saturating_sub(horizon));
        let past = &past[past.len().saturating_sub(model.config().context)..];
        if past.is_empty() {
            return Err(TirexError::Empty);
        }
        let first = past.iter().find(|value| value.is_finite());
        if past.iter().any(|value| value.is_finite() && Some(value) != first) {
            cases.push((past, future));
        }
    }
    let levels = &model.config().quantiles;
    let options = ForecastOptions { sorted: true, ..options };
    let pasts: Vec<&[f32]> = cases.iter().map(|(past, _)| *past).collect();
    let forecasts = model.forecast_batch(&pasts, horizon, options)?;
    let scored: Vec<Scored> = cases
        .par_iter()
        .zip(&forecasts)
        .map(|((past, future), forecast)| {
            let scale = f64::from(Scale::of(past).scale);
            let own: Vec<f64> = forecast.values.iter().map(|value| f64::from(*value)).collect();
            let loss = pinball(&own, future, levels) / scale;
            let naive = Naive::ALL
                .map(|naive| pinball(&naive.forecast(past, horizon, levels), future, levels) / scale);
            Scored { loss, naive, inside: inside(&own, future, levels.len()) }
        })
        .collect();
    let n = scored.len() as f64;
    let mean = |of: &dyn Fn(&Scored) -> f64| scored.iter().map(of).sum::<f64>() / n;
    Ok(Quality {
        pinball: mean(&|score| score.loss),
        naive: std::array::from_fn(|place| mean(&|score| score.naive[place])),
        coverage: mean(&|score| score.inside),
        cases: scored.len(),
    })
}

/// Mean over steps and levels; missing values are left out.
fn pinball(quantiles: &[f64], future: &[f32], levels: &[f64]) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0_f64);
    for (quantiles, value) in quantiles.chunks(levels.len()).zip(future).filter(|(_, v)| v.is_finite()) {
        for (quantile, level) in quantiles.iter().zip(levels) {
            let error = f64::from(*value) - quantile;
            sum += (level * error).max((level - 1.0) * error);
            n += 1.0;
        }
    }
    sum / n.max(1.0)
}

/// Share of values between the outermost quantiles.
fn inside(quantiles: &[f64], future: &[f32], n_levels: usize) -> f64 {
    let steps = quantiles.chunks(n_levels).zip(future).filter(|(_, value)| value.is_finite());
    let (mut inside, mut n) = (0.0, 0.0_f64);
    for (quantiles, value) in steps {
        let range = quantiles[0]..=quantiles[n_levels - 1];
        inside += f64::from(u8::from(range.contains(&f64::from(*value))));
        n += 1.0;
    }
    inside / n.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [f64; 3] = [0.1, 0.5, 0.9];

    #[test]
    fn seasons_are_found_and_repeated() {
        let wave: Vec<f32> =
            (0..200).map(|time| (f64::from(time) * std::f64::consts::TAU / 24.0).sin() as f32).collect();
        let found = Naive::Seasonal.forecast(&wave[..180], 20, &LEVELS);
        for (step, value) in wave[180..].iter().enumerate() {
            assert!((found[step * 3 + 1] - f64::from(*value)).abs() < 1e-5);
        }
    }

    #[test]
    fn a_walk_spreads_with_the_root_of_the_horizon() {
        let walk: Vec<f32> = (0..100).map(|time| if time % 2 == 0 { 0.0 } else { 1.0 }).collect();
        let found = Naive::LastValue.forecast(&walk, 4, &LEVELS);
        assert!((found[1] - 1.0).abs() < 1e-9);
        assert!((found[2] - 1.0 - 1.2816).abs() < 1e-3 && (found[11] - 1.0 - 2.0 * 1.2816).abs() < 1e-3);
    }

    #[test]
    fn the_loss_is_that_of_the_definition() {
        assert!((pinball(&[1.0, 2.0, 3.0], &[4.0], &LEVELS) - (0.3 + 1.0 + 0.9) / 3.0).abs() < 1e-9);
        assert!((inside(&[1.0, 2.0, 3.0, 1.0, 2.0, 3.0], &[4.0, 2.0], 3) - 0.5).abs() < 1e-9);
        assert!(pinball(&[1.0, 2.0, 3.0], &[f32::NAN], &LEVELS).abs() < 1e-12);
    }
}
