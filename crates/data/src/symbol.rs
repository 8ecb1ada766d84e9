//! The symbol that a file name tells.

use std::path::Path;

use market::Timeframe;

/// Endings that say how a file is stored, not what is in it.
const ENDINGS: [&str; 3] = [".gz", ".csv", ".txt"];

/// `BTCUSDT` from `BTCUSDT-5m.csv.gz`, `BTCUSDT-1h-2024-01.csv` or `BTCUSDT.csv`; `BTC-USD` from
/// `BTC-USD.csv`.
///
/// The name ends at the first part, after a `-` or `_`, that reads as a timeframe.
pub(crate) fn symbol_of(path: &Path) -> String {
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
        if part.parse::<Timeframe>().is_ok() {
            return stem[..start].to_owned();
        }
    }
    stem.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_symbol_ends_where_the_timeframe_starts() {
        for (name, symbol) in [
            ("bars/BTCUSDT-5m.csv.gz", "BTCUSDT"),
            ("BTCUSDT-1h-2024-01.csv", "BTCUSDT"),
            ("SPY_1d.CSV", "SPY"),
            ("BTC-USD.csv", "BTC-USD"),
            ("BTC-USD-1d.csv", "BTC-USD"),
            ("EURUSD", "EURUSD"),
            ("-1d.csv", "-1d"),
            (".csv", ".csv"),
        ] {
            assert_eq!(symbol_of(Path::new(name)), symbol, "{name}");
        }
    }
}
