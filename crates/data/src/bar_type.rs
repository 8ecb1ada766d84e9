//! NautilusTrader's name of a kind of bars, such as `BTCUSDT.BINANCE-5-MINUTE-LAST-EXTERNAL`.

use market::Timeframe;

/// What a bar type tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BarType {
    /// The instrument without its venue.
    pub(crate) symbol: String,
    pub(crate) timeframe: Timeframe,
}

/// Aggregations of a fixed length, in milliseconds.
const UNITS: [(&str, i64); 6] = [
    ("MILLISECOND", 1),
    ("SECOND", 1000),
    ("MINUTE", 60_000),
    ("HOUR", 3_600_000),
    ("DAY", 86_400_000),
    ("WEEK", 604_800_000),
];

/// Why a text is not the name of bars of a fixed length.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BarTypeFault {
    /// Not of the form `INSTRUMENT-STEP-UNIT-PRICE-SOURCE`.
    Form,
    /// Bars by ticks, volume, value, months or of no length.
    Length(String),
}

impl BarType {
    /// Reads `INSTRUMENT-STEP-UNIT-PRICE-SOURCE`; the instrument may have dashes of its own. What follows
    /// an `@`, the bars that these were made of, is not looked at.
    pub(crate) fn parse(text: &str) -> Result<Self, BarTypeFault> {
        let own = text.split('@').next().unwrap_or_default();
        let mut parts = own.rsplitn(5, '-');
        let mut next = || parts.next().filter(|part| !part.is_empty()).ok_or(BarTypeFault::Form);
        let (_source, _price, unit, step, instrument) = (next()?, next()?, next()?, next()?, next()?);
        let step: i64 = step.parse().map_err(|_| BarTypeFault::Form)?;
        let Some((_, millis)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(BarTypeFault::Length(format!("its unit is {unit}")));
        };
        let length = step.checked_mul(*millis).unwrap_or(0);
        let timeframe =
            Timeframe::from_millis(length).map_err(|error| BarTypeFault::Length(error.to_string()))?;
        let symbol = instrument.rsplit_once('.').map_or(instrument, |(symbol, _venue)| symbol);
        Ok(Self { symbol: symbol.to_owned(), timeframe })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbol_and_length_are_read() {
        for (text, symbol, timeframe) in [
            ("BTCUSDT.BINANCE-5-MINUTE-LAST-EXTERNAL", "BTCUSDT", "5m"),
            ("BTCUSDT-PERP.BINANCE-1-HOUR-LAST-EXTERNAL", "BTCUSDT-PERP", "1h"),
            ("EUR/USD.SIM-1-DAY-BID-INTERNAL@1-MINUTE-EXTERNAL", "EUR/USD", "1d"),
            ("BRK.B.NYSE-100-MILLISECOND-MID-EXTERNAL", "BRK.B", "100ms"),
        ] {
            let timeframe = timeframe.parse().unwrap();
            assert_eq!(BarType::parse(text), Ok(BarType { symbol: symbol.to_owned(), timeframe }), "{text}");
        }
    }

    #[test]
    fn what_is_no_bar_type_or_has_no_length() {
        for text in ["", "BTCUSDT-5m", "5-MINUTE-LAST-EXTERNAL", "X.Y-five-MINUTE-LAST-EXTERNAL"] {
            assert_eq!(BarType::parse(text), Err(BarTypeFault::Form), "{text}");
        }
        for unit in ["100-TICK", "1-MONTH", "0-MINUTE", "9223372036854775807-WEEK"] {
            let fault = BarType::parse(&format!("X.Y-{unit}-LAST-EXTERNAL"));
            assert!(fault.is_err(), "{unit}: {fault:?}");
        }
    }
}
