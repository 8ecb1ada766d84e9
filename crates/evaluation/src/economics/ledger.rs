//! Positions, costs and returns, bar by bar.

use market::BarSeries;
use thiserror::Error;

const MILLIS_PER_YEAR: f64 = 365.0 * 86_400_000.0;

/// The exposure decided when a bar closes: share of capital in the market, negative for a short.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// Position of the bar in the series.
    pub bar: usize,
    /// Share of capital.
    pub exposure: f64,
}

/// How decisions become positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Execution {
    /// Fee on the value traded, in hundredths of a percent.
    pub fee_bps: f64,
    /// Slippage on the value traded, likewise.
    pub slippage_bps: f64,
    /// Bars between the close that decides and the close that trades: 0 trades at the deciding close and
    /// earns the next bar, 1 earns the bar after it.
    pub delay_bars: usize,
    /// Smaller changes of exposure are not traded, except to be flat. 0 trades every change.
    pub smallest_change: f64,
}

/// From the close of one bar to the close of the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Period {
    /// The bar at whose close it begins.
    pub bar: usize,
    /// Share of capital held through it.
    pub exposure: f64,
    /// Return of the market: close over close − 1.
    pub market: f64,
    /// Exposure bought and sold to hold it, and to close it where the series breaks off behind it.
    pub turnover: f64,
    /// exposure · market.
    pub gross: f64,
    /// turnover · (fee + slippage), as a share of capital.
    pub cost: f64,
}

impl Period {
    /// gross − cost.
    pub fn net(&self) -> f64 {
        self.gross - self.cost
    }
}

/// Every period of a strategy, in time order.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    /// From the first to the last decision, without those that a hole interrupts.
    pub periods: Vec<Period>,
}

impl Ledger {
    /// Executes decisions on the closes of a series.
    ///
    /// The exposure decided at bar t (with a delay d: at bar t − d) earns close(t+1) / close(t) − 1. Bars
    /// without a decision between the first and the last are flat. No return crosses a hole that breaks the
    /// series: the position is closed, at cost, at the last close before it, and at the end. Turnover counts
    /// changes of the exposure decided; what the price does to the share within a bar is not rebalanced.
    ///
    /// # Errors
    /// [`LedgerError`] names the decision or the cost that makes no sense.
    pub fn of(series: &BarSeries, decisions: &[Decision], execution: Execution) -> Result<Self, LedgerError> {
        for (name, bps) in [
            ("fee", execution.fee_bps),
            ("slippage", execution.slippage_bps),
            ("smallest change", execution.smallest_change),
        ] {
            if !(bps.is_finite() && bps >= 0.0) {
                return Err(LedgerError::Execution { name, value: bps });
            }
        }
        if let Some(wrong) = decisions.iter().find(|decision| !decision.exposure.is_finite()) {
            return Err(LedgerError::NotFinite { bar: wrong.bar, exposure: wrong.exposure });
        }
        if let Some(pair) = decisions.windows(2).find(|pair| pair[1].bar <= pair[0].bar) {
            return Err(LedgerError::NotIncreasing { bar: pair[1].bar });
        }
        let (Some(first), Some(last)) = (decisions.first(), decisions.last()) else {
            return Ok(Self { periods: Vec::new() });
        };
        if last.bar >= series.len() {
            return Err(LedgerError::OutsideSeries { bar: last.bar, bars: series.len() });
        }
        let mut decided = vec![0.0; last.bar - first.bar + 1];
        for decision in decisions {
            decided[decision.bar - first.bar] = decision.exposure;
        }
        let rate = (execution.fee_bps + execution.slippage_bps) / 10_000.0;
        let bars = series.bars();
        let mut periods = Vec::with_capacity(decided.len());
        for segment in series.segments() {
            let mut held = 0.0;
            let until = (segment.end - 1).min(last.bar + 1);
            for bar in segment.start.max(first.bar)..until {
                let decides =
                    bar.checked_sub(execution.delay_bars).filter(|decides| *decides >= segment.start);
                let wanted =
                    decides.and_then(|decides| decides.checked_sub(first.bar)).map_or(0.0, |at| decided[at]);
                let change = f64::abs(wanted - held);
                let exposure =
                    if change < execution.smallest_change && wanted != 0.0 { held } else { wanted };
                let closing = if bar + 1 == until { f64::abs(exposure) } else { 0.0 };
                let turnover = f64::abs(exposure - held) + closing;
                let market = bars[bar + 1].close / bars[bar].close - 1.0;
                periods.push(Period {
                    bar,
                    exposure,
                    market,
                    turnover,
                    gross: exposure * market,
                    cost: turnover * rate,
                });
                held = exposure;
            }
        }
        Ok(Self { periods })
    }

    /// The same periods with the same exposure throughout, at the same costs.
    ///
    /// # Errors
    /// As [`Ledger::of`].
    pub fn constant(
        series: &BarSeries,
        decisions: &[Decision],
        exposure: f64,
        execution: Execution,
    ) -> Result<Self, LedgerError> {
        let (Some(first), Some(last)) = (decisions.first(), decisions.last()) else {
            return Ok(Self { periods: Vec::new() });
        };
        let held: Vec<Decision> = (first.bar..=last.bar).map(|bar| Decision { bar, exposure }).collect();
        Self::of(series, &held, Execution { delay_bars: 0, ..execution })
    }

    /// Return of each period after costs.
    pub fn net_returns(&self) -> Vec<f64> {
        self.periods.iter().map(Period::net).collect()
    }
}

/// How many periods one year of the series' own calendar holds: nights, weekends and holidays count as part
/// of the calendar, holes that break the series do not. None for a series of single bars.
pub fn periods_per_year(series: &BarSeries) -> Option<f64> {
    let bars = series.bars();
    let (mut periods, mut millis) = (0_usize, 0_i64);
    for segment in series.segments() {
        periods += segment.len() - 1;
        millis += bars[segment.end - 1].open_time.millis() - bars[segment.start].open_time.millis();
    }
    (periods > 0).then(|| periods as f64 * MILLIS_PER_YEAR / millis as f64)
}

/// Why decisions cannot be executed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum LedgerError {
    /// A cost that is no number or below zero.
    #[error("the {name} is {value}: give a finite number that is not negative")]
    Execution {
        /// Which.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// An exposure that is no number.
    #[error("the exposure at bar {bar} is {exposure}: every decision needs a finite one")]
    NotFinite {
        /// Bar of the decision.
        bar: usize,
        /// Its exposure.
        exposure: f64,
    },
    /// Two decisions for one bar, or not in time order.
    #[error("the decision at bar {bar} does not come after the one before it: one decision a bar, in order")]
    NotIncreasing {
        /// Bar of the second.
        bar: usize,
    },
    /// No such bar.
    #[error("a decision at bar {bar} of a series of {bars} bars: they belong to another series")]
    OutsideSeries {
        /// Bar of the decision.
        bar: usize,
        /// Bars there are.
        bars: usize,
    },
}
