//! What is left when trading costs more or comes later.

use market::BarSeries;
use serde::Serialize;

use super::ledger::{Decision, Execution, Ledger, LedgerError};
use super::sharpe::SharpeSample;

/// The result at one fee and delay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CostPoint {
    /// Fee, in hundredths of a percent of the value traded.
    pub fee_bps: f64,
    /// Bars between decision and trade.
    pub delay_bars: u64,
    /// Sum of the returns after costs, as a share of capital, not compounded.
    pub net_return: f64,
    /// Annual Sharpe ratio; none when the returns never vary.
    pub sharpe: Option<f64>,
}

/// Executes the same decisions at every fee and delay, everything else as in `execution`.
///
/// # Errors
/// As [`Ledger::of`].
pub fn cost_sensitivity(
    series: &BarSeries,
    decisions: &[Decision],
    execution: Execution,
    fees_bps: &[f64],
    delays_bars: &[usize],
    periods_per_year: f64,
) -> Result<Vec<CostPoint>, LedgerError> {
    let mut points = Vec::with_capacity(fees_bps.len() * delays_bars.len());
    for &delay_bars in delays_bars {
        for &fee_bps in fees_bps {
            let net =
                Ledger::of(series, decisions, Execution { fee_bps, delay_bars, ..execution })?.net_returns();
            points.push(CostPoint {
                fee_bps,
                delay_bars: delay_bars as u64,
                net_return: net.iter().sum(),
                sharpe: SharpeSample::of(&net).map(|sample| sample.ratio * periods_per_year.sqrt()),
            });
        }
    }
    Ok(points)
}
