//! The bar lengths that are fetched.

use market::{Timeframe, Timestamp};
use serde::{Deserialize, Serialize};

use crate::RequestError;

/// A bar length that the exchange publishes, from one second to one day.
///
/// Longer ones (`3d`, `1w`, `1mo`) are not fetched: their bars belong to no single day or month, and
/// [`market::resample`] makes them from days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Timeframe", into = "Timeframe")]
pub struct Interval(Timeframe);

const NAMES: [&str; 13] = ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d"];

impl Interval {
    /// The interval of a timeframe.
    ///
    /// # Errors
    /// [`RequestError::Interval`] when the exchange publishes none of that length.
    pub fn new(timeframe: Timeframe) -> Result<Self, RequestError> {
        if NAMES.contains(&timeframe.to_string().as_str()) {
            Ok(Self(timeframe))
        } else {
            Err(RequestError::Interval { asked: timeframe, known: NAMES.join(", ") })
        }
    }

    /// Length of a bar.
    pub fn timeframe(self) -> Timeframe {
        self.0
    }

    pub(crate) fn millis(self) -> i64 {
        self.0.millis()
    }

    /// The end of the last bar that is closed at `now`: the exchange's close time is the last millisecond
    /// of a bar, and it has to lie before `now`.
    pub(crate) fn closed_until(self, now: Timestamp) -> Timestamp {
        Timestamp::from_millis(now.millis() - now.millis().rem_euclid(self.millis()))
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<Timeframe> for Interval {
    type Error = RequestError;

    fn try_from(timeframe: Timeframe) -> Result<Self, RequestError> {
        Self::new(timeframe)
    }
}

impl From<Interval> for Timeframe {
    fn from(interval: Interval) -> Self {
        interval.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_published_and_not_longer_than_a_day() {
        for text in ["1s", "60m", "24h", "5m"] {
            assert!(Interval::new(text.parse().unwrap()).is_ok(), "{text}");
        }
        for text in ["7m", "10m", "3d", "1w"] {
            assert!(Interval::new(text.parse().unwrap()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_bar_is_closed_at_its_end_and_not_a_millisecond_before() {
        let hour = Interval::new(Timeframe::HOUR).unwrap();
        let at = |millis| hour.closed_until(Timestamp::from_millis(millis)).millis();
        assert_eq!((at(7_199_999), at(7_200_000)), (3_600_000, 7_200_000));
    }
}
