//! One file for each family.

mod average_true_range;
mod bollinger;
mod candle_shape;
mod ema_pair;
mod macd;
mod moving_average_slope;
mod parkinson;
mod rate_of_change;
mod relative_strength;
mod return_volatility;
mod volume_average;

pub(crate) use average_true_range::AverageTrueRange;
pub(crate) use bollinger::Bollinger;
pub(crate) use candle_shape::CandleShape;
pub(crate) use ema_pair::EmaPair;
pub(crate) use macd::Macd;
pub(crate) use moving_average_slope::MovingAverageSlope;
pub(crate) use parkinson::Parkinson;
pub(crate) use rate_of_change::RateOfChange;
pub(crate) use relative_strength::RelativeStrength;
pub(crate) use return_volatility::ReturnVolatility;
pub(crate) use volume_average::VolumeAverage;

use crate::schema::{Column, Group};

/// The windows that the seed set uses for volatility, rate of change and slope, in bars.
const WINDOWS: [usize; 4] = [5, 10, 20, 50];

/// A column whose value depends on a finite window alone: settled as soon as it exists.
fn windowed(
    name: impl Into<String>,
    group: Group,
    formula: impl Into<String>,
    unit: &str,
    first: usize,
) -> Column {
    recursive(name, group, formula, unit, [first, first])
}

/// A column that remembers its start until `settled`; warm-ups are `[first, settled]`.
fn recursive(
    name: impl Into<String>,
    group: Group,
    formula: impl Into<String>,
    unit: &str,
    [first, settled]: [usize; 2],
) -> Column {
    Column {
        name: name.into(),
        group,
        formula: formula.into(),
        unit: unit.to_owned(),
        first,
        settled,
        same_as: None,
    }
}

/// 1 when the condition holds, else 0.
fn flag(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

/// `value / divisor`, or `neutral` when the divisor is zero.
fn ratio_or(value: f64, divisor: f64, neutral: f64) -> f64 {
    if divisor.abs() > 0.0 { value / divisor } else { neutral }
}

/// How far the newest value lies from the mean of `values`, in sample standard deviations; 0 when they are
/// all equal.
fn z_score(values: &[f64]) -> f64 {
    let newest = values.last().copied().unwrap_or(0.0);
    ratio_or(newest - crate::rolling::mean(values), crate::rolling::sample_std(values), 0.0)
}
