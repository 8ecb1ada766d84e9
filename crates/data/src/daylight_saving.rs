//! Hours that clocks skip and repeat, by which local times betray themselves.
//!
//! Times without an offset are read as UTC. Where they are local times of a zone with daylight saving,
//! one hour is missing in one season and one comes twice in the other. The rules are those in force since
//! 1996 (Europe), 1987 (United States) and 2008 (Australia).

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Weekday};
use market::Timestamp;

/// A Sunday of a month, from the first (1) to the last (-1).
type Sunday = (u32, i32);

/// When the clocks of a zone change.
struct Rule {
    zone: &'static str,
    years: (i32, i32),
    /// The day on which an hour is skipped, and the local hour that is.
    skip: (Sunday, u32),
    /// The day on which an hour comes twice, and the local hour that does.
    repeat: (Sunday, u32),
}

const LAST: i32 = -1;
const RULES: [Rule; 6] = [
    Rule { zone: "Europe/London", years: (1996, 2200), skip: ((3, LAST), 1), repeat: ((10, LAST), 1) },
    Rule { zone: "Europe/Berlin", years: (1996, 2200), skip: ((3, LAST), 2), repeat: ((10, LAST), 2) },
    Rule { zone: "Europe/Athens", years: (1996, 2200), skip: ((3, LAST), 3), repeat: ((10, LAST), 3) },
    Rule { zone: "America/New_York", years: (2007, 2200), skip: ((3, 2), 2), repeat: ((11, 1), 1) },
    Rule { zone: "America/New_York", years: (1987, 2006), skip: ((4, 1), 2), repeat: ((10, LAST), 1) },
    Rule { zone: "Australia/Sydney", years: (2008, 2200), skip: ((10, 1), 2), repeat: ((4, 1), 2) },
];

/// The zone whose clocks skip the hour that begins at this local time.
pub(crate) fn zone_that_skips(time: Timestamp) -> Option<&'static str> {
    let clock = DateTime::from_timestamp_millis(time.millis())?.naive_utc();
    let full_hour = time.millis() % 3_600_000 == 0;
    zone(clock.date(), clock.hour(), |rule| &rule.skip).filter(|_| full_hour)
}

/// The zone whose clocks show this local time twice.
pub(crate) fn zone_that_repeats(time: Timestamp) -> Option<&'static str> {
    let clock = DateTime::from_timestamp_millis(time.millis())?.naive_utc();
    zone(clock.date(), clock.hour(), |rule| &rule.repeat)
}

fn zone(date: NaiveDate, hour: u32, change: impl Fn(&Rule) -> &(Sunday, u32)) -> Option<&'static str> {
    if date.weekday() != Weekday::Sun {
        return None;
    }
    let is = |(month, count): Sunday| {
        let nth = date.day0() as i32 / 7 + 1;
        let is_last = date.day() + 7 > days_of_month(date);
        date.month() == month && (count == nth || (count == LAST && is_last))
    };
    RULES
        .iter()
        .filter(|rule| (rule.years.0..=rule.years.1).contains(&date.year()))
        .find(|rule| change(rule).1 == hour && is(change(rule).0))
        .map(|rule| rule.zone)
}

fn days_of_month(date: NaiveDate) -> u32 {
    let next = match date.month() {
        12 => NaiveDate::from_ymd_opt(date.year() + 1, 1, 1),
        month => NaiveDate::from_ymd_opt(date.year(), month + 1, 1),
    };
    next.and_then(|next| next.pred_opt()).map_or(31, |last| last.day())
}

/// What to do about times that look local.
pub(crate) const ADVICE: &str = "if the times are local, write them in UTC or with their offset";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_time;

    fn zones(text: &str) -> (Option<&'static str>, Option<&'static str>) {
        let time = parse_time(text).unwrap();
        (zone_that_skips(time), zone_that_repeats(time))
    }

    /// The days are those of the tz database, by Python's `zoneinfo`.
    #[test]
    fn the_hours_of_known_days() {
        for (text, skips, repeats) in [
            ("2024-03-10 02:00", Some("America/New_York"), None),
            ("2024-03-10 02:05", None, None),
            ("2024-03-10 03:00", None, None),
            ("2024-03-17 02:00", None, None),
            ("2024-11-03 01:55", None, Some("America/New_York")),
            ("2006-04-02 02:00", Some("America/New_York"), None),
            ("2006-10-29 01:00", None, Some("Europe/London")),
            ("2024-03-31 01:00", Some("Europe/London"), None),
            ("2024-03-31 02:00", Some("Europe/Berlin"), None),
            ("2024-03-31 03:00", Some("Europe/Athens"), None),
            ("2024-10-27 02:30", None, Some("Europe/Berlin")),
            ("2024-10-27 03:30", None, Some("Europe/Athens")),
            ("2024-10-06 02:00", Some("Australia/Sydney"), None),
            ("2024-04-07 02:15", None, Some("Australia/Sydney")),
            ("2024-10-20 02:00", None, None),
            ("2024-10-28 02:00", None, None),
        ] {
            assert_eq!(zones(text), (skips, repeats), "{text}");
        }
    }
}
