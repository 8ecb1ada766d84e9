//! How a file writes its times: ISO-8601 or epoch numbers.

use std::fmt;

use chrono::NaiveDate;
use market::Timestamp;
use serde::{Deserialize, Serialize};

/// How times are written in a file. The first data row decides, for each of several files on its own.
///
/// Epoch units are told apart by magnitude: below 10^11 seconds, below 10^14 milliseconds, below 10^17
/// microseconds, above that nanoseconds. (Milliseconds before March 1973 would read as seconds.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeFormat {
    /// `2024-01-31`, `2024-01-31T12:30:00Z`, `2024-01-31 12:30:00.5+02:00`, `20240131`. UTC where no
    /// offset is given.
    Iso,
    /// Seconds since 1970-01-01 UTC.
    EpochSeconds,
    /// Milliseconds since 1970-01-01 UTC.
    EpochMillis,
    /// Microseconds since 1970-01-01 UTC; what is finer than a millisecond is cut off.
    EpochMicros,
    /// Nanoseconds since 1970-01-01 UTC; what is finer than a millisecond is cut off.
    EpochNanos,
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iso => "ISO-8601",
            Self::EpochSeconds => "epoch seconds",
            Self::EpochMillis => "epoch milliseconds",
            Self::EpochMicros => "epoch microseconds",
            Self::EpochNanos => "epoch nanoseconds",
        })
    }
}

impl TimeFormat {
    /// Milliseconds by which an inclusive close time lies before the next bar's open time.
    pub(crate) fn inclusive_step_millis(self) -> i64 {
        match self {
            Self::Iso | Self::EpochSeconds => 1000,
            Self::EpochMillis | Self::EpochMicros | Self::EpochNanos => 1,
        }
    }
}

/// First instant that is refused: bars are from the years 1970 to 2200.
const END_MILLIS: i64 = 7_289_654_400_000;

/// True for instants of the years 1970 to 2200.
pub(crate) fn in_range(time: Timestamp) -> bool {
    (0..END_MILLIS).contains(&time.millis())
}

/// The instant that `text` writes and the way it is written, or `None` when it is not a time.
pub(crate) fn read_time(text: &str) -> Option<(TimeFormat, Timestamp)> {
    let (format, millis) = match whole_number(text) {
        Some(number) => match compact_date(text) {
            Some(millis) => (TimeFormat::Iso, millis),
            None => epoch(number),
        },
        None => (TimeFormat::Iso, iso_millis(text)?),
    };
    Some((format, Timestamp::from_millis(millis)))
}

/// The instant that a text writes, in any of the forms a time column may have; `None` when it is no time.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    read_time(text.trim()).map(|(_, time)| time).filter(|time| in_range(*time))
}

/// True for a text with a clock but without `Z`, `UTC` or an offset: it may be meant as local time.
pub(crate) fn lacks_offset(text: &str) -> bool {
    let clock = text.get(10..).unwrap_or_default();
    clock.contains(':') && clock.chars().skip(1).all(|c| c.is_ascii_digit() || c == ':' || c == '.')
}

/// An integer, also one that a float column wrote with zeros behind the point.
fn whole_number(text: &str) -> Option<i64> {
    let digits = match text.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    digits.parse().ok()
}

/// The instant of an epoch number and its unit, told by its magnitude.
#[cfg(feature = "parquet")]
pub(crate) fn epoch_time(number: i64) -> (TimeFormat, Timestamp) {
    let (format, millis) = epoch(number);
    (format, Timestamp::from_millis(millis))
}

/// The unit of an epoch number and its milliseconds.
fn epoch(number: i64) -> (TimeFormat, i64) {
    match number.unsigned_abs() {
        0..100_000_000_000 => (TimeFormat::EpochSeconds, number * 1000),
        100_000_000_000..100_000_000_000_000 => (TimeFormat::EpochMillis, number),
        100_000_000_000_000..100_000_000_000_000_000 => (TimeFormat::EpochMicros, number.div_euclid(1000)),
        _ => (TimeFormat::EpochNanos, number.div_euclid(1_000_000)),
    }
}

/// `20240131`; eight digits that are a date are never meant as epoch seconds of autumn 1970.
fn compact_date(text: &str) -> Option<i64> {
    if text.len() != 8 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(digits(text, 0..4)?, digits(text, 4..6)?, digits(text, 6..8)?)?;
    (1970..=2200).contains(&chrono::Datelike::year(&date)).then(|| date_millis(date))
}

/// `YYYY-MM-DD[(T| )HH:MM[:SS[.fraction]]][Z| UTC|±HH[[:]MM]]` in milliseconds.
fn iso_millis(text: &str) -> Option<i64> {
    let (year, month, day) = (digits(text, 0..4)?, digits(text, 5..7)?, digits(text, 8..10)?);
    if text.get(4..5)? != "-" || text.get(7..8)? != "-" {
        return None;
    }
    let date = date_millis(NaiveDate::from_ymd_opt(year, month, day)?);
    let rest = &text[10..];
    if rest.is_empty() {
        return Some(date);
    }
    let clock = rest.strip_prefix(['T', 't', ' '])?;
    let zone_at = clock.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone_at);
    Some(date + clock_millis(clock)? - offset_millis(zone.trim_start())?)
}

fn date_millis(date: NaiveDate) -> i64 {
    date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction` in milliseconds.
fn clock_millis(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':');
    let (hour, minute) = (parts.next()?, parts.next()?);
    let second = parts.next();
    let whole_fraction = fraction.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || !whole_fraction || (second.is_none() && text.contains('.')) {
        return None;
    }
    let limited = |part: &str, limit: i64| {
        let value: i64 = digits(part, 0..2).filter(|_| part.len() == 2)?;
        (value < limit).then_some(value)
    };
    let seconds =
        limited(hour, 24)? * 3600 + limited(minute, 60)? * 60 + limited(second.unwrap_or("00"), 60)?;
    let millis =
        fraction.bytes().chain(*b"000").take(3).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    Some(seconds * 1000 + millis)
}

/// Nothing, `Z`, `UTC`, `+HH`, `+HHMM` or `+HH:MM` as milliseconds east of UTC.
fn offset_millis(text: &str) -> Option<i64> {
    if text.is_empty() || text.eq_ignore_ascii_case("z") || text.eq_ignore_ascii_case("utc") {
        return Some(0);
    }
    let sign = if text.starts_with('+') { 1 } else { -1 };
    let hours_minutes = text.strip_prefix(['+', '-'])?;
    let hours: i64 = digits(hours_minutes, 0..2)?;
    let minutes: i64 = match hours_minutes.len() {
        2 => 0,
        4 => digits(hours_minutes, 2..4)?,
        5 if hours_minutes.as_bytes()[2] == b':' => digits(hours_minutes, 3..5)?,
        _ => return None,
    };
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

/// The number that a range of `text` holds, if all of it is digits.
fn digits<T: std::str::FromStr>(text: &str, range: std::ops::Range<usize>) -> Option<T> {
    let part = text.get(range)?;
    if part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<(TimeFormat, String)> {
        read_time(text).map(|(format, time)| (format, time.to_string()))
    }

    #[test]
    fn every_way_to_write_one_instant() {
        let epochs = [
            (TimeFormat::EpochSeconds, "1706704200"),
            (TimeFormat::EpochSeconds, "1706704200.0"),
            (TimeFormat::EpochMillis, "1706704200000"),
            (TimeFormat::EpochMicros, "1706704200000000"),
            (TimeFormat::EpochNanos, "1706704200000000000"),
            (TimeFormat::Iso, "2024-01-31T12:30:00Z"),
            (TimeFormat::Iso, "2024-01-31 12:30:00"),
            (TimeFormat::Iso, "2024-01-31 12:30"),
            (TimeFormat::Iso, "2024-01-31 12:30:00 UTC"),
            (TimeFormat::Iso, "2024-01-31T12:30:00.000000+00:00"),
            (TimeFormat::Iso, "2024-01-31T14:30:00+02:00"),
            (TimeFormat::Iso, "2024-01-31 07:00:00-0530"),
            (TimeFormat::Iso, "2024-01-31 13:30:00+01"),
        ];
        for (format, text) in epochs {
            assert_eq!(shown(text), Some((format, "2024-01-31 12:30:00".to_owned())), "{text}");
        }
        for text in ["2024-01-31", "20240131"] {
            assert_eq!(shown(text), Some((TimeFormat::Iso, "2024-01-31 00:00:00".to_owned())));
        }
        assert_eq!(shown("2024-01-31T12:30:00.25Z").unwrap().1, "2024-01-31 12:30:00.250");
    }

    #[test]
    fn a_clock_without_offset_may_be_local() {
        for (text, lacks) in [
            ("2024-01-31 12:30:00", true),
            ("2024-01-31T12:30", true),
            ("2024-01-31 12:30:00.5", true),
            ("2024-01-31T12:30:00Z", false),
            ("2024-01-31 12:30:00 UTC", false),
            ("2024-01-31 12:30:00+02:00", false),
            ("2024-01-31 12:30:00-05", false),
            ("2024-01-31", false),
            ("1706704200", false),
        ] {
            assert_eq!(lacks_offset(text), lacks, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "",
            "x",
            "2024-02-30",
            "2024-1-31",
            "2024-01-31X",
            "2024-01-31T",
            "2024-01-31 24:00:00",
            "2024-01-31 12:60",
            "2024-01-31 1:30",
            "2024-01-31 12:30.5",
            "2024-01-31 12:30:00+2",
            "1.5",
            "1e12",
            "31/01/2024",
            "2024-01-31 12:30:00 CET",
            "é024-01-31",
            "99999999999999999999",
            "2024-01-31 12:30:00.1.2",
        ] {
            assert_eq!(read_time(text), None, "{text}");
        }
    }

    #[test]
    fn the_range_is_1970_to_2200() {
        for (text, inside) in [
            ("1969-12-31", false),
            ("1970-01-01", true),
            ("2200-12-31", true),
            ("2201-01-01", false),
            ("-5", false),
        ] {
            assert_eq!(in_range(read_time(text).unwrap().1), inside, "{text}");
        }
    }
}
