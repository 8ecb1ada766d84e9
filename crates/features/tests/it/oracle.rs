//! Every column against TA-Lib, or against its formula written out plainly.
//!
//! Equal means |a − b| ≤ tolerance · max(|b|, scale): the scale of prices is the price, that of every
//! other column its standard deviation.

use features::FeatureTable;
use market::{Bar, Timeframe};
use ta_lib::{Core, MAType, OutRange};

use crate::bars::{first_segment, real_series, seed43, series_of, synthetic_bars};

/// What the contract asks for.
const EXACT: f64 = 1e-9;
/// For TA-Lib's running sums, which round worse than two passes.
const RUNNING_SUM: f64 = 2e-6;

type Values = Vec<Option<f64>>;

/// One column as another program computes it.
struct Expected {
    column: String,
    oracle: &'static str,
    tolerance: f64,
    /// None where there is no value yet; NaN where a flag is too close to call.
    values: Values,
}

/// Collects expectations.
#[derive(Default)]
struct Table(Vec<Expected>);

impl Table {
    fn add(&mut self, column: impl Into<String>, oracle: &'static str, tolerance: f64, values: Values) {
        self.0.push(Expected { column: column.into(), oracle, tolerance, values });
    }
}

fn one(values: &[Option<f64>], f: impl Fn(f64) -> f64) -> Values {
    values.iter().map(|value| value.map(&f)).collect()
}

fn two(left: &[Option<f64>], right: &[Option<f64>], f: impl Fn(f64, f64) -> f64) -> Values {
    left.iter().zip(right).map(|(a, b)| Some(f((*a)?, (*b)?))).collect()
}

/// `f` of the last `n` values at each bar that has so many.
fn rolling(values: &[Option<f64>], n: usize, f: impl Fn(&[f64]) -> f64) -> Values {
    (0..values.len())
        .map(|bar| {
            let window: Option<Vec<f64>> = values[(bar + 1).checked_sub(n)?..=bar].iter().copied().collect();
            Some(f(&window?))
        })
        .collect()
}

/// The values `n` bars ago.
fn lag(values: &[Option<f64>], n: usize) -> Values {
    (0..values.len()).map(|bar| values[bar.checked_sub(n)?]).collect()
}

fn average(window: &[f64]) -> f64 {
    window.iter().rev().sum::<f64>() / window.len() as f64
}

/// Corrected two-pass standard deviation with n − `less` in the denominator.
fn deviation(window: &[f64], less: f64) -> f64 {
    let centre = average(window);
    let (mut squares, mut rest) = (0.0, 0.0);
    for value in window {
        squares += (value - centre).powi(2);
        rest += value - centre;
    }
    let n = window.len() as f64;
    ((squares - rest * rest / n) / (n - less)).sqrt()
}

fn z_of_last(window: &[f64]) -> f64 {
    let sigma = deviation(window, 1.0);
    if sigma > 0.0 { (window[window.len() - 1] - average(window)) / sigma } else { 0.0 }
}

/// 1 above `limit`, 0 below, NaN where rounding may decide.
fn above(value: f64, limit: f64, margin: f64) -> f64 {
    if (value - limit).abs() <= margin { f64::NAN } else { f64::from(u8::from(value > limit)) }
}

/// TA-Lib over one series of bars.
struct TaLib<'a> {
    core: Core,
    open: f64,
    high: &'a [f64],
    low: &'a [f64],
    close: &'a [f64],
}

/// Runs a TA-Lib function with `n` outputs and puts its values at their bars.
fn placed<const N: usize>(
    bars: usize,
    function: impl FnOnce(&mut [Vec<f64>; N]) -> OutRange,
) -> [Values; N] {
    let mut out: [Vec<f64>; N] = std::array::from_fn(|_| vec![0.0; bars]);
    let range = function(&mut out);
    out.map(|column| {
        let mut values = vec![None; bars];
        for (value, computed) in values[range.beg_idx..].iter_mut().zip(&column[..range.count]) {
            *value = Some(*computed);
        }
        values
    })
}
