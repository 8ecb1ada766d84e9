//! Messages of the exchange's combined kline stream.

use market::{Bar, Timeframe, Timestamp};
use serde::Deserialize;

/// Event times are trusted within this of a bar's close, in milliseconds: a bar that closes later than it was told is none.
const AHEAD: i64 = 5_000;

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KlineEvent {
    pub(crate) symbol: String,
    /// When it was sent, by the exchange's clock.
    pub(crate) at: Timestamp,
    /// The bar, once it has closed; none while it is forming.
    pub(crate) closed: Option<Bar>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    e: &'a str,
    #[serde(rename = "E")]
    at: i64,
    #[serde(borrow)]
    k: Kline<'a>,
}

#[derive(Deserialize)]
struct Kline<'a> {
    t: i64,
    s: &'a str,
    i: &'a str,
    o: &'a str,
    h: &'a str,
    l: &'a str,
    c: &'a str,
    v: &'a str,
    n: u64,
    x: bool,
    q: &'a str,
    #[serde(rename = "V")]
    taker_buy: &'a str,
}

impl KlineEvent {
    /// Reads a message of bars of a timeframe; none for messages that are about something else, and what is wrong with those
    /// that are about klines and make no sense.
    pub(crate) fn parse(text: &str, timeframe: Timeframe) -> Result<Option<Self>, String> {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| format!("no JSON ({error})"))?;
        if value.get("data").and_then(|data| data.get("k")).is_none() {
            return Ok(None);
        }
        let Envelope { data } = serde_json::from_str(text).map_err(|error| format!("no kline ({error})"))?;
        let Kline { t, s, i, .. } = data.k;
        if data.e != "kline" || i != timeframe.to_string() {
            return Ok(None);
        }
        let at = Timestamp::from_millis(data.at);
        let closed = if data.k.x { Some(data.k.bar(timeframe)?) } else { None };
        if let Some(bar) = closed.filter(|bar| bar.close_time.millis() > data.at + AHEAD) {
            return Err(format!("a closed bar of {} that was told at {at}", bar.open_time));
        }
        if t > data.at + AHEAD {
            return Err(format!("a bar that opens at {t} and was told at {}", data.at));
        }
        Ok(Some(Self { symbol: s.to_owned(), at, closed }))
    }
}

impl Kline<'_> {
    fn bar(&self, timeframe: Timeframe) -> Result<Bar, String> {
        let number = |name: &str, text: &str| -> Result<f64, String> {
            text.parse().map_err(|_| format!("{name} is {text:?}, no number"))
        };
        let ohlc = [number("o", self.o)?, number("h", self.h)?, number("l", self.l)?, number("c", self.c)?];
        let open_time = Timestamp::from_millis(self.t);
        if self.t.rem_euclid(timeframe.millis()) != 0 {
            return Err(format!("a bar that opens at {open_time}, off the grid of {timeframe}"));
        }
        let bar =
            Bar::new(open_time, timeframe, ohlc, number("v", self.v)?).map_err(|fault| fault.to_string())?;
        let positive = |name: &str, text: &str| {
            let value = number(name, text)?;
            if value.is_finite() && value >= 0.0 { Ok(value) } else { Err(format!("{name} is {text}")) }
        };
        Ok(Bar {
            quote_volume: Some(positive("q", self.q)?),
            trades: Some(self.n),
            taker_buy_volume: Some(positive("V", self.taker_buy)?),
            ..bar
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: &str = r#"{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1672515840012,"s":"BTCUSDT","k":{"t":1672515780000,
        "T":1672515839999,"s":"BTCUSDT","i":"1m","f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0010","v":"1000",
        "n":100,"x":true,"q":"1.0000","V":"500","Q":"0.500","B":"123456"}}}"#;

    #[test]
    fn closed_bars_are_read_with_everything_that_features_may_need() {
        let event = KlineEvent::parse(CLOSED, Timeframe::MINUTE).unwrap().unwrap();
        let bar = event.closed.unwrap();
        assert_eq!(
            (event.symbol.as_str(), event.at.millis(), bar.trades),
            ("BTCUSDT", 1_672_515_840_012, Some(100))
        );
        assert_eq!(bar.close_time.millis(), 1_672_515_840_000);
        assert_eq!((bar.quote_volume, bar.taker_buy_volume), (Some(1.0), Some(500.0)));
        let forming =
            KlineEvent::parse(&CLOSED.replace("\"x\":true", "\"x\":false"), Timeframe::MINUTE).unwrap();
        assert_eq!(forming.unwrap().closed, None);
    }

    #[test]
    fn what_makes_no_sense_is_told_and_what_is_about_something_else_is_not() {
        for (from, to) in [
            ("\"0.0025\"", "\"x\""),
            ("\"0.0025\"", "\"0.0001\""),
            ("\"v\":\"1000\"", "\"v\":\"-1\""),
            // A closed bar of the future.
            ("\"t\":1672515780000", "\"t\":1704051780000"),
            ("\"t\":1672515780000", "\"t\":1672515780001"),
            ("\"n\":100,", ""),
            ("}}}", "}}"),
        ] {
            assert!(KlineEvent::parse(&CLOSED.replace(from, to), Timeframe::MINUTE).is_err(), "{from} {to}");
        }
        for other in ["{\"result\":null,\"id\":1}", "[]", &CLOSED.replace("\"i\":\"1m\"", "\"i\":\"5m\"")] {
            assert_eq!(KlineEvent::parse(other, Timeframe::MINUTE).unwrap(), None);
        }
        assert!(KlineEvent::parse("garbage", Timeframe::MINUTE).is_err());
    }
}
