//! The months and days into which the exchange cuts its files.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate};
use market::{Timeframe, Timestamp};
use serde::{Deserialize, Serialize};

use crate::RequestError;

/// A month (`2024-01`) or a day (`2024-01-15`) of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Period {
    /// The month that starts on this day.
    Month(NaiveDate),
    /// A day.
    Day(NaiveDate),
}

impl Period {
    /// The month of a day.
    pub(crate) fn month_of(day: NaiveDate) -> Self {
        Self::Month(day - Days::new(u64::from(day.day0())))
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        match self {
            Self::Month(first) | Self::Day(first) => first,
        }
    }

    /// The first day after it.
    pub fn next_day(self) -> NaiveDate {
        match self {
            Self::Month(first) => first + Months::new(1),
            Self::Day(day) => day + Days::new(1),
        }
    }

    /// Its first instant.
    pub fn start(self) -> Timestamp {
        midnight(self.first_day())
    }

    /// The first instant after it.
    pub fn end(self) -> Timestamp {
        midnight(self.next_day())
    }

    /// Its days.
    pub(crate) fn days(self) -> impl Iterator<Item = Self> {
        self.first_day().iter_days().take_while(move |day| *day < self.next_day()).map(Self::Day)
    }

    pub(crate) fn n_days(self) -> u64 {
        self.next_day().signed_duration_since(self.first_day()).num_days().unsigned_abs()
    }
}

/// The first instant of a day of UTC.
pub(crate) fn midnight(day: NaiveDate) -> Timestamp {
    let days = day.signed_duration_since(NaiveDate::default()).num_days();
    Timestamp::from_millis(days * Timeframe::DAY.millis())
}

/// The day of UTC in which an instant lies.
pub(crate) fn day_of(instant: Timestamp) -> NaiveDate {
    let days = instant.millis().div_euclid(Timeframe::DAY.millis());
    NaiveDate::default() + chrono::TimeDelta::days(days)
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(first) => write!(f, "{:04}-{:02}", first.year(), first.month()),
            Self::Day(day) => write!(f, "{day}"),
        }
    }
}

impl FromStr for Period {
    type Err = RequestError;

    fn from_str(text: &str) -> Result<Self, RequestError> {
        let day = |text: &str| {
            let digits = text.bytes().enumerate().all(|(place, byte)| match place {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
            let date = text.parse::<NaiveDate>().ok().filter(|_| digits && text.len() == 10);
            date.filter(|date| (1970..2200).contains(&date.year()))
        };
        let period = match text.len() {
            7 => day(&format!("{text}-01")).map(Self::Month),
            _ => day(text).map(Self::Day),
        };
        period.ok_or_else(|| RequestError::Period(text.to_owned()))
    }
}

impl TryFrom<String> for Period {
    type Error = RequestError;

    fn try_from(text: String) -> Result<Self, RequestError> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn months_and_days_round_trip() {
        for text in ["2024-01", "2024-02-29", "2017-08"] {
            assert_eq!(period(text).to_string(), text);
        }
        for text in
            ["", "2024", "2024-1", "2024-13", "2023-02-29", "2024-01-1", "24-01-01", "2024/01", "1969-12"]
        {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn they_start_and_end_at_midnight() {
        assert_eq!(period("2024-02").start().to_string(), "2024-02-01 00:00:00");
        assert_eq!(period("2024-02").end().to_string(), "2024-03-01 00:00:00");
        assert_eq!(period("2024-12").days().count(), 31);
        assert_eq!(period("2024-02").n_days(), 29);
        assert_eq!(day_of(period("2024-02-29").end()).to_string(), "2024-03-01");
        assert_eq!(Period::month_of(period("2024-02-29").first_day()), period("2024-02"));
    }
}
