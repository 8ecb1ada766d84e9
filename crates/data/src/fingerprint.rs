//! A hash that says whether two series hold the same bars.

use std::fmt::Write as _;

use market::BarSeries;
use sha2::{Digest, Sha256};

/// SHA-256, in lower-case hex, of a series' timeframe, bars and references; symbols have no part in it.
///
/// Hashed are the timeframe in milliseconds (`i64`), then of each bar the open time in milliseconds
/// (`i64`) and open, high, low, close and volume (`f64` bits), then of each reference its closes (`f64`
/// bits), all little-endian.
pub fn fingerprint(series: &BarSeries) -> String {
    let mut hash = Sha256::new();
    hash.update(series.timeframe().millis().to_le_bytes());
    let mut bytes = [0_u8; 48];
    for bar in series.bars() {
        bytes[..8].copy_from_slice(&bar.open_time.millis().to_le_bytes());
        let values = [bar.open, bar.high, bar.low, bar.close, bar.volume];
        for (place, value) in bytes[8..].chunks_exact_mut(8).zip(values) {
            place.copy_from_slice(&value.to_le_bytes());
        }
        hash.update(bytes);
    }
    for close in series.references().iter().flat_map(|reference| &reference.closes) {
        hash.update(close.to_le_bytes());
    }
    let mut hex = String::with_capacity(64);
    for byte in hash.finalize() {
        write!(hex, "{byte:02x}").expect("a string takes any text");
    }
    hex
}

#[cfg(test)]
mod tests {
    use market::{Bar, GapPolicy, Timeframe, Timestamp};

    use super::*;

    fn series(symbol: &str, timeframe: Timeframe, close: f64) -> BarSeries {
        let bar = Bar::new(Timestamp::from_millis(0), timeframe, [1.0, 2.0, 0.5, close], 3.0).unwrap();
        BarSeries::new(symbol, timeframe, GapPolicy::CONTINUOUS, vec![bar]).unwrap()
    }

    #[test]
    fn one_bit_changes_it_and_the_symbol_does_not() {
        let first = fingerprint(&series("A", Timeframe::HOUR, 1.5));
        assert_eq!(first.len(), 64);
        assert_eq!(first, fingerprint(&series("B", Timeframe::HOUR, 1.5)));
        assert_ne!(first, fingerprint(&series("A", Timeframe::HOUR, 1.5_f64.next_up())));
        assert_ne!(first, fingerprint(&series("A", Timeframe::MINUTE, 1.5)));
    }

    #[test]
    fn it_is_the_documented_hash() {
        // Python: hashlib.sha256(struct.pack('<qq5d', 3600000, 0, 1, 2, .5, 1.5, 3)).hexdigest()
        let expected = "802826957d72295764f243bd019dc2bc9881bae7461eb80157c2be5c1b880ba1";
        assert_eq!(fingerprint(&series("A", Timeframe::HOUR, 1.5)), expected);
    }
}
