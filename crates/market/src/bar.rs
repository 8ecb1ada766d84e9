//! One closed OHLCV bar.

use serde::{Deserialize, Serialize};

use crate::{Timeframe, Timestamp};

/// A closed bar. Valid by construction: finite prices above zero, `high` the highest and `low` the
/// lowest, volumes not negative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// First instant of the bar.
    pub open_time: Timestamp,
    /// First instant after the bar: from then on the bar is known.
    pub close_time: Timestamp,
    /// First traded price.
    pub open: f64,
    /// Highest traded price.
    pub high: f64,
    /// Lowest traded price.
    pub low: f64,
    /// Last traded price.
    pub close: f64,
    /// Volume in units of the base asset.
    pub volume: f64,
    /// Volume in units of the quote asset, when the source has it.
    pub quote_volume: Option<f64>,
    /// Number of trades, when the source has it.
    pub trades: Option<u64>,
    /// Volume bought by takers in units of the base asset, when the source has it.
    pub taker_buy_volume: Option<f64>,
}

impl Bar {
    /// A bar of `timeframe` that opens at `open_time`, from `[open, high, low, close]` and volume.
    ///
    /// # Errors
    /// [`BarError`] names the first rule that the numbers break.
    pub fn new(
        open_time: Timestamp,
        timeframe: Timeframe,
        [open, high, low, close]: [f64; 4],
        volume: f64,
    ) -> Result<Self, BarError> {
        for (field, value) in [("open", open), ("high", high), ("low", low), ("close", close)] {
            if !value.is_finite() {
                return Err(BarError::NotFinite { field, value });
            }
            if value <= 0.0 {
                return Err(BarError::PriceNotPositive { field, value });
            }
        }
        if !volume.is_finite() {
            return Err(BarError::NotFinite { field: "volume", value: volume });
        }
        if volume < 0.0 {
            return Err(BarError::VolumeNegative(volume));
        }
        if high < low {
            return Err(BarError::HighBelowLow { high, low });
        }
        if high < open.max(close) {
            return Err(BarError::HighTooLow { high, top: open.max(close) });
        }
        if low > open.min(close) {
            return Err(BarError::LowTooHigh { low, bottom: open.min(close) });
        }
        let close_time = open_time.plus_bars(1, timeframe);
        Ok(Self {
            open_time,
            close_time,
            open,
            high,
            low,
            close,
            volume,
            quote_volume: None,
            trades: None,
            taker_buy_volume: None,
        })
    }

    /// True when open, high, low and close are one price.
    pub fn is_flat(&self) -> bool {
        self.high <= self.low
    }
}

/// The rule a bar breaks.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum BarError {
    /// NaN or infinite.
    #[error("{field} is {value}, not a finite number")]
    NotFinite {
        /// Column.
        field: &'static str,
        /// What it held.
        value: f64,
    },
    /// Zero or negative price.
    #[error("{field} is {value}; prices must be above zero")]
    PriceNotPositive {
        /// Column.
        field: &'static str,
        /// What it held.
        value: f64,
    },
    /// Negative volume.
    #[error("volume is {0}; it can't be negative")]
    VolumeNegative(f64),
    /// High below low.
    #[error("high {high} is below low {low}")]
    HighBelowLow {
        /// High.
        high: f64,
        /// Low.
        low: f64,
    },
    /// High below open or close.
    #[error("high {high} is below the open or close {top}")]
    HighTooLow {
        /// High.
        high: f64,
        /// The larger of open and close.
        top: f64,
    },
    /// Low above open or close.
    #[error("low {low} is above the open or close {bottom}")]
    LowTooHigh {
        /// Low.
        low: f64,
        /// The smaller of open and close.
        bottom: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(ohlc: [f64; 4], volume: f64) -> Result<Bar, BarError> {
        Bar::new(Timestamp::from_millis(0), Timeframe::MINUTE, ohlc, volume)
    }

    #[test]
    fn a_bar_closes_one_timeframe_after_it_opens() {
        let bar = bar([1.0, 2.0, 0.5, 1.5], 3.0).unwrap();
        assert_eq!(bar.close_time.millis(), 60_000);
    }

    #[test]
    fn each_broken_rule_is_named() {
        assert!(matches!(
            bar([f64::NAN, 2.0, 0.5, 1.5], 3.0),
            Err(BarError::NotFinite { field: "open", .. })
        ));
        assert!(matches!(
            bar([1.0, 2.0, -0.5, 1.5], 3.0),
            Err(BarError::PriceNotPositive { field: "low", .. })
        ));
        assert!(matches!(bar([1.0, 2.0, 0.5, 1.5], -3.0), Err(BarError::VolumeNegative(_))));
        assert!(matches!(bar([1.0, 2.0, 0.5, 1.5], f64::INFINITY), Err(BarError::NotFinite { .. })));
        assert!(matches!(bar([1.0, 0.4, 0.5, 1.5], 3.0), Err(BarError::HighBelowLow { .. })));
        assert!(matches!(bar([1.0, 1.2, 0.5, 1.5], 3.0), Err(BarError::HighTooLow { .. })));
        assert!(matches!(bar([1.0, 2.0, 1.2, 1.5], 3.0), Err(BarError::LowTooHigh { .. })));
    }
}
