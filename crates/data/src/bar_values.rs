//! From the numbers of a row to a bar, or to the rule that they break.

use market::{Bar, BarError, Timeframe, Timestamp};

use crate::layout::VALUES;
use crate::place::quoted;

/// The numbers of a row; NaN where one of the five that a bar needs is missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BarValues {
    /// Open, high, low, close and volume.
    pub(crate) values: [f64; 5],
    pub(crate) quote_volume: Option<f64>,
    pub(crate) trades: Option<f64>,
    pub(crate) taker_buy_volume: Option<f64>,
}

impl BarValues {
    /// The bar, or the broken rule; `cell` is the text that one of the five values has in the file.
    pub(crate) fn bar(self, open_time: Timestamp, cell: impl Fn(usize) -> String) -> Result<Bar, String> {
        let Self { values, quote_volume, trades, taker_buy_volume } = self;
        for (name, value) in
            [("quote_volume", quote_volume), ("trades", trades), ("taker_buy_volume", taker_buy_volume)]
        {
            if let Some(value) = value.filter(|value| !(value.is_finite() && *value >= 0.0)) {
                return Err(format!("{name} is {value}; it must be a number that is not negative"));
            }
        }
        if let Some(count) = trades.filter(|count| count.fract() > 0.0) {
            return Err(format!("trades is {count}; it must be a whole number"));
        }
        let [open, high, low, close, volume] = values;
        Bar::new(open_time, Timeframe::MINUTE, [open, high, low, close], volume)
            .map(|bar| Bar {
                quote_volume,
                trades: trades.map(|count| count as u64),
                taker_buy_volume,
                ..bar
            })
            .map_err(|error| described(error, cell))
    }
}

/// The broken rule, telling an empty cell from a number that is not finite.
fn described(error: BarError, cell: impl Fn(usize) -> String) -> String {
    if let BarError::NotFinite { field, .. } = error
        && let Some(place) = VALUES.iter().position(|name| *name == field)
    {
        match cell(place) {
            text if text.is_empty() => return format!("{field} is empty"),
            text if is_missing(&text) => return format!("{field} is {}, a missing value", quoted(&text)),
            _ => {}
        }
    }
    error.to_string()
}

/// How files write that there is no value.
pub(crate) fn is_missing(text: &str) -> bool {
    text.is_empty()
        || ["null", "none", "nan", "nat", "na", "n/a"]
            .iter()
            .any(|missing| text.eq_ignore_ascii_case(missing))
}
