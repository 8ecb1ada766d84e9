//! What a file name tells: the symbol, and perhaps the timeframe.

use std::path::Path;

use market::Timeframe;

/// Endings that say how a file is stored, not what is in it.
const ENDINGS: [&str; 6] = [".gz", ".zip", ".csv", ".txt", ".parquet", ".pq"];

/// A file name taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileName {
    /// `BTCUSDT` from `BTCUSDT-5m.csv.gz` or `BTCUSDT-1h-2024-01.zip`, `BTC-USD` from `BTC-USD.csv`,
    /// `SPY` from `SPY_2024.csv`.
    pub(crate) symbol: String,
    /// The part behind the symbol that reads as a timeframe.
    pub(crate) timeframe: Option<Timeframe>,
}

impl FileName {
    /// The symbol ends at the first part, after a `-` or `_`, that reads as a timeframe; without one,
    /// parts of digits at the end (a date, a number) are not of it.
    pub(crate) fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let mut stem: &str = &name;
        for ending in ENDINGS {
            let cut = stem.len().saturating_sub(ending.len());
            if cut > 0 && stem.get(cut..).is_some_and(|tail| tail.eq_ignore_ascii_case(ending)) {
                stem = &stem[..cut];
            }
        }
        for (start, _) in stem.match_indices(['-', '_']).filter(|(start, _)| *start > 0) {
            let part = stem[start + 1..].split(['-', '_']).next().unwrap_or_default();
            if let Ok(timeframe) = part.parse::<Timeframe>() {
                return Self { symbol: stem[..start].to_owned(), timeframe: Some(timeframe) };
            }
        }
        while let Some((symbol, last)) = stem.rsplit_once(['-', '_'])
            && !symbol.is_empty()
            && !last.is_empty()
            && last.bytes().all(|byte| byte.is_ascii_digit())
        {
            stem = symbol;
        }
        Self { symbol: stem.to_owned(), timeframe: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_symbol_ends_where_the_timeframe_or_a_date_starts() {
        for (name, symbol, timeframe) in [
            ("bars/BTCUSDT-5m.csv.gz", "BTCUSDT", Some("5m")),
            ("BTCUSDT-1h-2024-01.csv", "BTCUSDT", Some("1h")),
            ("BTCUSDT-5m-2024-01.zip", "BTCUSDT", Some("5m")),
            ("SPY_1d.CSV", "SPY", Some("1d")),
            ("BTC-USD.csv", "BTC-USD", None),
            ("BTC-USD-1d.parquet", "BTC-USD", Some("1d")),
            ("BTC-USD_2024-01.csv", "BTC-USD", None),
            ("EURUSD", "EURUSD", None),
            ("2024.csv", "2024", None),
            ("2023-2024.csv", "2023", None),
            ("-1d.csv", "-1d", None),
            (".csv", ".csv", None),
        ] {
            let timeframe = timeframe.map(|text| text.parse().unwrap());
            assert_eq!(
                FileName::of(Path::new(name)),
                FileName { symbol: symbol.to_owned(), timeframe },
                "{name}"
            );
        }
    }
}
