//! Which column of a file means what.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::place::listed;

/// The layouts that are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Binance's kline archives: 12 columns, with or without header.
    BinanceKline,
    /// A time, open, high, low, close and volume, in any order where there is a header.
    Ohlcv,
    /// Yahoo's `Date,Open,High,Low,Close,Adj Close,Volume`. `Close` is used, because the other prices
    /// of a row are not adjusted either; the adjusted close is not read.
    Yahoo,
    /// NautilusTrader's Parquet catalogue: fixed point numbers and the time of the close.
    NautilusCatalogue,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BinanceKline => "Binance kline",
            Self::Ohlcv => "OHLCV",
            Self::Yahoo => "Yahoo",
            Self::NautilusCatalogue => "NautilusTrader catalogue",
        })
    }
}

/// Names of the time column, the surest first.
const TIME: [&str; 6] = ["open_time", "opentime", "timestamp", "datetime", "date", "time"];
/// Names of the column that tells whose bar a row is.
const SYMBOL: [&str; 3] = ["symbol", "ticker", "instrument_id"];
const CLOSE_TIME: [&str; 2] = ["close_time", "closetime"];
const QUOTE_VOLUME: [&str; 2] = ["quote_volume", "quote_asset_volume"];
const TRADES: [&str; 3] = ["count", "trades", "number_of_trades"];
const TAKER_BUY_VOLUME: [&str; 2] = ["taker_buy_volume", "taker_buy_base_asset_volume"];

/// Columns of a Binance file without header.
const BINANCE: [&str; 12] = [
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
];

/// The names of the values of a bar, in the order of [`Columns::values`].
pub(crate) const VALUES: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// Where in a row each part of a bar stands.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    pub(crate) layout: Layout,
    pub(crate) width: usize,
    pub(crate) time: usize,
    pub(crate) values: [usize; 5],
    pub(crate) symbol: Option<usize>,
    pub(crate) close_time: Option<usize>,
    pub(crate) quote_volume: Option<usize>,
    pub(crate) trades: Option<usize>,
    pub(crate) taker_buy_volume: Option<usize>,
    pub(crate) extra: Vec<usize>,
}

/// Why column names are not those of bars.
#[derive(Debug)]
pub(crate) enum HeaderFault {
    /// Columns are missing or there twice.
    Wrong { problem: String, found: String },
    /// A text column that was asked for is missing.
    Extra { name: String, found: String },
    /// No header, and no known number of columns.
    Width(usize),
}

/// True when a first line with these fields is a header: no field is a number.
pub(crate) fn is_header<'a>(fields: impl IntoIterator<Item = &'a str>) -> bool {
    fields.into_iter().all(|field| field.trim().parse::<f64>().is_err())
}

impl Columns {
    /// The columns of a file with the header `names`; `extra` are the text columns asked for.
    pub(crate) fn from_header(names: &[&str], extra: &[String]) -> Result<Self, HeaderFault> {
        let plain: Vec<String> =
            names.iter().map(|name| name.trim().to_lowercase().replace([' ', '-'], "_")).collect();
        let find =
            |aliases: &[&str]| aliases.iter().find_map(|alias| plain.iter().position(|name| name == alias));
        let wrong = |problem: String| HeaderFault::Wrong { problem, found: listed(names) };
        let mut missing = Vec::new();
        let time = find(&TIME).unwrap_or_else(|| {
            missing.push("time");
            0
        });
        let mut values = [0; 5];
        for (value, name) in values.iter_mut().zip(VALUES) {
            let mut places = (0..plain.len()).filter(|&index| plain[index] == name);
            match (places.next(), places.next()) {
                (Some(place), None) => *value = place,
                (None, _) => missing.push(name),
                (Some(_), Some(_)) => return Err(wrong(format!("the column {name} is there twice"))),
            }
        }
        match missing.as_slice() {
            [] => {}
            [name] => return Err(wrong(format!("the column {name} is missing"))),
            several => return Err(wrong(format!("the columns {} are missing", several.join(", ")))),
        }
        let (close_time, quote_volume) = (find(&CLOSE_TIME), find(&QUOTE_VOLUME));
        let layout = if find(&["adj_close"]).is_some() {
            Layout::Yahoo
        } else if close_time.is_some() && quote_volume.is_some() {
            Layout::BinanceKline
        } else {
            Layout::Ohlcv
        };
        Ok(Self {
            layout,
            width: names.len(),
            time,
            values,
            symbol: find(&SYMBOL),
            close_time,
            quote_volume,
            trades: find(&TRADES),
            taker_buy_volume: find(&TAKER_BUY_VOLUME),
            extra: extra.iter().map(|name| extra_column(names, name)).collect::<Result<_, _>>()?,
        })
    }

    /// Binance's columns without header.
    pub(crate) fn binance() -> Self {
        Self::from_header(&BINANCE, &[]).expect("the names are those of bars")
    }

    /// The columns of a file without header, told by their number.
    pub(crate) fn from_width(width: usize, extra: &[String]) -> Result<Self, HeaderFault> {
        match width {
            6 => Self::from_header(&BINANCE[..6], extra),
            12 => Self::from_header(&BINANCE, extra),
            found => Err(HeaderFault::Width(found)),
        }
    }
}

/// The column called `name`: exactly so, or else but for upper and lower case.
fn extra_column(names: &[&str], name: &str) -> Result<usize, HeaderFault> {
    let exact = names.iter().position(|other| other.trim() == name.trim());
    exact
        .or_else(|| names.iter().position(|other| other.trim().eq_ignore_ascii_case(name.trim())))
        .ok_or_else(|| HeaderFault::Extra { name: name.to_owned(), found: listed(names) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(header: &str) -> Result<Columns, HeaderFault> {
        let names: Vec<&str> = header.split(',').collect();
        Columns::from_header(&names, &[])
    }

    fn fault(header: &str) -> (String, String) {
        match columns(header) {
            Err(HeaderFault::Wrong { problem, found }) => (problem, found),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_decide_not_the_order() {
        let found = columns("volume,label,Close,LOW,High,open,Date").unwrap();
        assert_eq!((found.layout, found.time, found.values), (Layout::Ohlcv, 6, [5, 4, 3, 2, 0]));
        let yahoo = columns("Date,Open,High,Low,Close,Adj Close,Volume").unwrap();
        assert_eq!((yahoo.layout, yahoo.values[3]), (Layout::Yahoo, 4));
        let binance = columns(
            "Open time,Open,High,Low,Close,Volume,Close time,Quote asset volume,Number of trades,\
             Taker buy base asset volume,Taker buy quote asset volume,Ignore",
        )
        .unwrap();
        assert_eq!((binance.layout, binance.trades), (Layout::BinanceKline, Some(8)));
        assert_eq!((binance.quote_volume, binance.taker_buy_volume), (Some(7), Some(9)));
        assert_eq!(columns("date,timestamp,open,high,low,close,volume").unwrap().time, 1);
    }

    #[test]
    fn a_missing_column_is_named_with_what_is_there() {
        let (problem, found) = fault("time,open,high,low,close");
        assert!(problem.contains("volume is missing") && found.starts_with("time, open"), "{problem}");
        let (problem, _) = fault("time,open,high,low,close,close,volume");
        assert!(problem.contains("close is there twice"), "{problem}");
        let (problem, _) = fault("time;open;high;low;close;volume");
        assert!(problem.contains("time, open, high, low, close, volume are missing"), "{problem}");
    }
}
