//! What has to be fetched for a range of days.

use chrono::NaiveDate;
use market::Timestamp;

use crate::Period;
use crate::period::day_of;

/// The parts of a range, before it is known what the archive has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Whole past months and past days, for the archive, in order of time.
    pub archive: Vec<Period>,
    /// The day under way, for REST.
    pub today: Option<Period>,
    /// Those of them that are here already.
    pub here: usize,
}

impl Plan {
    /// Days from `first` up to and without `end` at the instant `now`: months that are whole and over from
    /// the monthly archive, other days that are over from the daily one, the day under way by REST.
    pub(crate) fn new(first: NaiveDate, end: NaiveDate, now: Timestamp) -> Self {
        let mut plan = Self { archive: Vec::new(), today: None, here: 0 };
        let mut day = first;
        while day < end && Period::Day(day).start() < now {
            let month = Period::month_of(day);
            if month.first_day() == day && month.next_day() <= end && month.end() <= now {
                plan.archive.push(month);
                day = month.next_day();
                continue;
            }
            let period = Period::Day(day);
            if period.end() <= now {
                plan.archive.push(period);
            } else {
                plan.today = Some(period);
            }
            day = period.next_day();
        }
        plan
    }

    /// Every part, in order of time.
    pub(crate) fn periods(&self) -> impl Iterator<Item = Period> {
        self.archive.iter().copied().chain(self.today)
    }
}

/// The first day that has not begun at `now`.
pub(crate) fn tomorrow(now: Timestamp) -> NaiveDate {
    Period::Day(day_of(Timestamp::from_millis(now.millis() - 1))).next_day()
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is_month = |period: &&Period| matches!(period, Period::Month(_));
        let months: Vec<Period> = self.archive.iter().filter(is_month).copied().collect();
        let days: Vec<Period> = self.archive.iter().filter(|period| !is_month(period)).copied().collect();
        let mut parts = Vec::new();
        for (periods, one, many) in [(months, "month", "months"), (days, "day", "days")] {
            match periods.as_slice() {
                [] => {}
                [only] => parts.push(format!("1 {one} ({only}) from the archive")),
                [first, .., last] => {
                    parts.push(format!("{} {many} ({first} to {last}) from the archive", periods.len()));
                }
            }
        }
        parts.extend(self.today.map(|day| format!("{day} so far by REST")));
        f.write_str(&parts.join(", "))?;
        match self.here {
            0 => Ok(()),
            here => write!(f, "; {here} of {} already here", self.periods().count()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(first: &str, end: &str, now: &str) -> (Vec<String>, Option<String>) {
        let day = |text: &str| text.parse::<Period>().unwrap().first_day();
        let (date, hour) = now.split_once(' ').unwrap();
        let now = date.parse::<Period>().unwrap().start().millis() + hour.parse::<i64>().unwrap() * 3_600_000;
        let plan = Plan::new(day(first), day(end), Timestamp::from_millis(now));
        (plan.archive.iter().map(ToString::to_string).collect(), plan.today.map(|day| day.to_string()))
    }

    #[test]
    fn whole_past_months_then_past_days_then_today() {
        let (archive, today) = plan("2023-12-31", "2024-06-01", "2024-03-03 5");
        assert_eq!(archive, ["2023-12-31", "2024-01", "2024-02", "2024-03-01", "2024-03-02"]);
        assert_eq!(today.as_deref(), Some("2024-03-03"));
        let (archive, today) = plan("2024-02-01", "2024-03-01", "2024-03-01 0");
        assert_eq!((archive, today), (vec!["2024-02".to_owned()], None));
        let (archive, today) = plan("2024-02-28", "2024-03-02", "2024-06-01 0");
        assert_eq!(
            (archive, today),
            (vec!["2024-02-28".to_owned(), "2024-02-29".to_owned(), "2024-03-01".to_owned()], None)
        );
    }

    #[test]
    fn the_day_that_begins_now_is_not_part_of_it() {
        let at = |text: &str| text.parse::<Period>().unwrap().start();
        assert_eq!(tomorrow(at("2024-03-01")).to_string(), "2024-03-01");
        assert_eq!(tomorrow(Timestamp::from_millis(at("2024-03-01").millis() + 1)).to_string(), "2024-03-02");
    }

    #[test]
    fn it_reads_as_a_sentence() {
        let day = |text: &str| text.parse::<Period>().unwrap().first_day();
        let now = Timestamp::from_millis(day_start("2024-04-02").millis() + 1);
        let mut plan = Plan::new(day("2024-01-01"), day("2024-05-01"), now);
        plan.here = 2;
        assert_eq!(
            plan.to_string(),
            "3 months (2024-01 to 2024-03) from the archive, 1 day (2024-04-01) from the archive, 2024-04-02 so \
             far by REST; 2 of 5 already here"
        );
    }

    fn day_start(text: &str) -> Timestamp {
        text.parse::<Period>().unwrap().start()
    }
}
