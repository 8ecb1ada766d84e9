//! One row of klines.

use market::Timestamp;

/// Columns of a kline row; the header of the assembled file.
pub(crate) const COLUMNS: [&str; 12] = [
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

/// The smallest epoch that is in microseconds; in milliseconds it would lie beyond the year 33,000.
const MICROSECONDS: i64 = 1_000_000_000_000_000;

/// A row, with times in milliseconds and numbers as the exchange wrote them.
///
/// Whether the numbers make sense as a bar is not judged here: that is the quality report's work when the
/// bars are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kline<'a> {
    pub(crate) open_time: Timestamp,
    /// The last millisecond of the bar.
    pub(crate) close_time: Timestamp,
    fields: [&'a str; 12],
}

impl<'a> Kline<'a> {
    /// A row of 12 fields; what is wrong with it otherwise.
    pub(crate) fn parse(fields: &[&'a str]) -> Result<Self, String> {
        let fields: [&str; 12] =
            fields.try_into().map_err(|_| format!("{} columns instead of 12", fields.len()))?;
        let time = |column: usize| {
            let epoch: i64 =
                fields[column].parse().map_err(|_| wrong(COLUMNS[column], fields[column], "a time"))?;
            Ok::<_, String>(if epoch >= MICROSECONDS { epoch.div_euclid(1000) } else { epoch })
        };
        let (open_time, close_time) = (time(0)?, time(6)?);
        if close_time <= open_time {
            return Err(format!("it closes at {close_time}, not after it opens at {open_time}"));
        }
        for column in [1, 2, 3, 4, 5, 7, 9, 10, 11] {
            if !fields[column].parse::<f64>().is_ok_and(f64::is_finite) {
                return Err(wrong(COLUMNS[column], fields[column], "a number"));
            }
        }
        if fields[8].parse::<u64>().is_err() {
            return Err(wrong(COLUMNS[8], fields[8], "a whole number"));
        }
        let (open_time, close_time) = (Timestamp::from_millis(open_time), Timestamp::from_millis(close_time));
        Ok(Self { open_time, close_time, fields })
    }

    /// The row as a line of CSV in milliseconds.
    pub(crate) fn line(&self) -> String {
        let [_, open, high, low, close, volume, _, rest @ ..] = self.fields;
        let (opens, closes) = (self.open_time.millis(), self.close_time.millis());
        format!("{opens},{open},{high},{low},{close},{volume},{closes},{}\n", rest.join(","))
    }
}

fn wrong(column: &str, text: &str, wanted: &str) -> String {
    let text: String = text.chars().take(40).collect();
    format!("{column} is {text:?}, not {wanted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLIS: &str = "1704067200000,42283.58000000,42298.62000000,42261.02000000,42298.61000000,35.92724000,\
                          1704067259999,1519032.69319790,1327,24.37425000,1030648.97221270,0";

    fn parse(text: &str) -> Result<String, String> {
        let fields: Vec<&str> = text.split(',').collect();
        Kline::parse(&fields).map(|kline| kline.line())
    }

    #[test]
    fn rows_keep_their_text_and_micros_become_millis() {
        assert_eq!(parse(MILLIS).unwrap(), format!("{MILLIS}\n"));
        let micros =
            MILLIS.replace("1704067200000", "1704067200000000").replace("1704067259999", "1704067259999999");
        assert_eq!(parse(&micros).unwrap(), format!("{MILLIS}\n"));
    }

    #[test]
    fn what_is_no_row_is_named() {
        for (from, to, said) in [
            ("42283.58000000", "x", "open is \"x\", not a number"),
            ("42283.58000000", "NaN", "open is \"NaN\", not a number"),
            (",1327,", ",1327.5,", "count is \"1327.5\", not a whole number"),
            ("1704067200000", "2024-01-01", "open_time is \"2024-01-01\", not a time"),
            ("1704067259999", "1704067200000", "closes at 1704067200000, not after it opens"),
            (",0", "", "11 columns instead of 12"),
        ] {
            let text = if from == ",0" {
                MILLIS.trim_end_matches(",0").to_owned()
            } else {
                MILLIS.replace(from, to)
            };
            let error = parse(&text).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
