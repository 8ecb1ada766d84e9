//! A bar as JSON: a line of standard input, or an element of a request.

use market::{Bar, Timeframe, Timestamp};
use serde::Deserialize;

/// One bar. `close_time` is not needed: it lies one timeframe behind the open.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BarLine {
    /// Symbol; the command's or the request's own where it is not given.
    #[serde(default)]
    pub(crate) symbol: Option<String>,
    /// First instant, epoch milliseconds.
    open_time: i64,
    #[serde(default)]
    close_time: Option<i64>,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
    #[serde(default)]
    quote_volume: Option<f64>,
    #[serde(default)]
    trades: Option<u64>,
    #[serde(default)]
    taker_buy_volume: Option<f64>,
}

/// No instant is later: the year 9999.
const LATEST: i64 = 253_402_300_799_999;

impl BarLine {
    /// The bar of a timeframe, or what is wrong with it.
    pub(crate) fn bar(&self, timeframe: Timeframe) -> Result<Bar, String> {
        if !(0..=LATEST).contains(&self.open_time) {
            return Err(format!("open_time {} is no instant in milliseconds since 1970", self.open_time));
        }
        let at = Timestamp::from_millis(self.open_time);
        let bar = Bar::new(at, timeframe, [self.open, self.high, self.low, self.close], self.volume)
            .map_err(|fault| fault.to_string())?;
        // An exchange's close time is the last millisecond of the bar.
        let closes = [bar.close_time.millis(), bar.close_time.millis() - 1];
        if let Some(given) = self.close_time.filter(|given| !closes.contains(given)) {
            return Err(format!(
                "close_time {given} does not lie {timeframe} behind open_time {}; the model takes {timeframe} bars",
                self.open_time
            ));
        }
        for (name, value) in
            [("quote_volume", self.quote_volume), ("taker_buy_volume", self.taker_buy_volume)]
        {
            if let Some(value) = value.filter(|value| !(value.is_finite() && *value >= 0.0)) {
                return Err(format!("{name} is {value}; it must be a number that is not negative"));
            }
        }
        Ok(Bar {
            quote_volume: self.quote_volume,
            trades: self.trades,
            taker_buy_volume: self.taker_buy_volume,
            ..bar
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(text: &str) -> Result<Bar, String> {
        let line: BarLine = serde_json::from_str(text).map_err(|error| error.to_string())?;
        line.bar(Timeframe::MINUTE)
    }

    #[test]
    fn what_is_no_bar_is_named() {
        let whole = r#"{"open_time":60000,"open":1,"high":2,"low":0.5,"close":1.5,"volume":3,"trades":7}"#;
        assert_eq!(bar(whole).unwrap().trades, Some(7));
        for (from, to, said) in [
            ("\"high\":2", "\"high\":1", "below the open or close"),
            ("60000", "-5", "no instant"),
            ("\"volume\":3", "\"volume\":-3", "negative"),
            ("\"trades\":7", "\"close_time\":360000", "the model takes 1m bars"),
            ("\"trades\":7", "\"quote_volume\":-1", "quote_volume"),
            ("\"trades\":7", "\"colour\":7", "unknown field"),
            ("\"close\":1.5,", "", "missing field `close`"),
        ] {
            let error = bar(&whole.replace(from, to)).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
        assert!(bar(&whole.replace("\"trades\":7", "\"close_time\":119999")).is_ok());
    }
}
