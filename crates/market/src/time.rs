//! Instants and bar lengths, in whole milliseconds of UTC.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// An instant from epoch milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Epoch milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The instant `bars` bars of `timeframe` later (earlier when negative).
    #[must_use]
    pub const fn plus_bars(self, bars: i64, timeframe: Timeframe) -> Self {
        Self(self.0 + bars * timeframe.millis())
    }
}

impl fmt::Display for Timestamp {
    /// `2024-09-06 13:55:00` (UTC), with milliseconds only when there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(1000);
        let (days, second_of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")?;
        match self.0.rem_euclid(1000) {
            0 => Ok(()),
            millis => write!(f, ".{millis:03}"),
        }
    }
}

/// Gregorian date of a day number (days since 1970-01-01), after Howard Hinnant's `civil_from_days`.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The length of a bar in milliseconds; written `5m`, `1h`, `1d`, `1w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timeframe(i64);

const UNITS: [(&str, i64); 6] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl Timeframe {
    /// One minute.
    pub const MINUTE: Self = Self(60_000);
    /// One hour.
    pub const HOUR: Self = Self(3_600_000);
    /// One day.
    pub const DAY: Self = Self(86_400_000);

    /// A timeframe of `millis` milliseconds.
    ///
    /// # Errors
    /// [`TimeError::NotPositive`] when `millis` is zero or negative.
    pub const fn from_millis(millis: i64) -> Result<Self, TimeError> {
        if millis > 0 { Ok(Self(millis)) } else { Err(TimeError::NotPositive(millis)) }
    }

    /// Length in milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Bars of past that volatility is compared with to call it high or low: those of one week below one
    /// hour, of 30 days below one day, and 252 from one day on.
    pub const fn regime_window(self) -> usize {
        let days = if self.0 < Self::HOUR.0 {
            7
        } else if self.0 < Self::DAY.0 {
            30
        } else {
            return 252;
        };
        (days * Self::DAY.0 / self.0) as usize
    }

    /// How many bars of this length one year of 365 days holds.
    pub fn bars_per_year(self) -> f64 {
        365.0 * Self::DAY.0 as f64 / self.0 as f64
    }
}

impl fmt::Display for Timeframe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, millis) = UNITS
            .iter()
            .find(|(_, millis)| self.0 % millis == 0)
            .expect("every length is whole milliseconds");
        write!(f, "{}{unit}", self.0 / millis)
    }
}

impl FromStr for Timeframe {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let unreadable = || TimeError::Unreadable(text.to_owned());
        let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(unreadable)?;
        let count: i64 = text[..split].parse().map_err(|_| unreadable())?;
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == &text[split..]).ok_or_else(unreadable)?;
        Self::from_millis(count.checked_mul(*unit).ok_or_else(unreadable)?)
    }
}

impl TryFrom<String> for Timeframe {
    type Error = TimeError;

    fn try_from(text: String) -> Result<Self, TimeError> {
        text.parse()
    }
}

impl From<Timeframe> for String {
    fn from(timeframe: Timeframe) -> Self {
        timeframe.to_string()
    }
}

/// Why a length of time was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Zero or negative length.
    #[error("a timeframe must be longer than zero, not {0} ms")]
    NotPositive(i64),
    /// Not a count and a unit.
    #[error("`{0}` is not a timeframe; write a count and a unit, such as 5m, 1h or 1d")]
    Unreadable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_print_as_utc() {
        assert_eq!(Timestamp::from_millis(0).to_string(), "1970-01-01 00:00:00");
        assert_eq!(Timestamp::from_millis(1_709_210_096_789).to_string(), "2024-02-29 12:34:56.789");
        assert_eq!(Timestamp::from_millis(-1000).to_string(), "1969-12-31 23:59:59");
    }

    #[test]
    fn timeframes_round_trip() {
        for text in ["5m", "1h", "4h", "1d", "1w", "90s", "250ms"] {
            assert_eq!(text.parse::<Timeframe>().unwrap().to_string(), text);
        }
        assert_eq!("60m".parse::<Timeframe>().unwrap(), Timeframe::HOUR);
        for text in ["", "m", "5", "0m", "5x", "-5m", "99999999999999999d"] {
            assert!(text.parse::<Timeframe>().is_err(), "{text}");
        }
    }
}
