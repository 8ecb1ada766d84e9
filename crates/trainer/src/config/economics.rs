//! How predictions are traded on paper.

use evaluation::Execution;
use serde::{Deserialize, Serialize};

/// A strategy that follows the predictions from bar to bar, and what trading costs it.
///
/// Labels of direction give p(rise) − p(fall) as share of capital. Labels of volatility give
/// min(1, target volatility / expected volatility), long only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EconomicsConfig {
    /// Fee on the value traded, in hundredths of a percent.
    pub fee_bps: f64,
    /// Slippage on the value traded, likewise.
    pub slippage_bps: f64,
    /// Bars between the close that decides and the close that trades.
    pub delay_bars: usize,
    /// Smaller changes of exposure are not traded, except to be flat.
    pub smallest_change: f64,
    /// Direction: no position where p(rise) and p(fall) differ by less.
    pub threshold: f64,
    /// Direction: no short positions.
    pub long_only: bool,
    /// Volatility: target, as standard deviation of a year's log return; by default the mean of each fold's
    /// training rows.
    pub target_volatility: Option<f64>,
    /// Direction: classes in which the price rises; by default those whose names say `bull`.
    pub bullish: Option<Vec<String>>,
    /// Direction: classes in which it falls; by default those whose names say `bear`.
    pub bearish: Option<Vec<String>>,
}

impl Default for EconomicsConfig {
    fn default() -> Self {
        Self {
            fee_bps: 5.0,
            slippage_bps: 1.0,
            delay_bars: 0,
            smallest_change: 0.1,
            threshold: 0.1,
            long_only: false,
            target_volatility: None,
            bullish: None,
            bearish: None,
        }
    }
}

impl EconomicsConfig {
    /// How decisions become positions.
    pub fn execution(&self) -> Execution {
        Execution {
            fee_bps: self.fee_bps,
            slippage_bps: self.slippage_bps,
            delay_bars: self.delay_bars,
            smallest_change: self.smallest_change,
        }
    }

    /// The first value that makes no sense: its key and why.
    pub(super) fn first_fault(&self) -> Option<(String, String)> {
        let fault = |key: &str, why: String| Some((format!("economics.{key}"), why));
        for (key, value, most) in [
            ("fee_bps", self.fee_bps, 10_000.0),
            ("slippage_bps", self.slippage_bps, 10_000.0),
            ("smallest_change", self.smallest_change, 2.0),
            ("threshold", self.threshold, 1.0),
        ] {
            if !(0.0..=most).contains(&value) {
                return fault(key, format!("{value} is not between 0 and {most}"));
            }
        }
        if self.delay_bars > 1000 {
            return fault("delay_bars", format!("{} is not between 0 and 1000", self.delay_bars));
        }
        if let Some(target) = self.target_volatility.filter(|target| !(target.is_finite() && *target > 0.0)) {
            return fault(
                "target_volatility",
                format!("{target} is not a positive number, such as 0.4 for 40% a year"),
            );
        }
        None
    }
}
