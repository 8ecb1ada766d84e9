//! A time axis with round ticks.

use chrono::{DateTime, Datelike, NaiveDate};
use market::Timestamp;
use plotters::prelude::{DrawResult, DrawingBackend};

use super::palette::{GRID, MUTED};
use super::pen::{Pen, centered};

const DAY: i64 = 86_400_000;
/// Steps below a month.
const STEPS: [i64; 15] = [
    1000,
    60_000,
    300_000,
    900_000,
    3_600_000,
    3 * 3_600_000,
    6 * 3_600_000,
    12 * 3_600_000,
    DAY,
    2 * DAY,
    3 * DAY,
    5 * DAY,
    7 * DAY,
    10 * DAY,
    14 * DAY,
];
/// Steps in months.
const MONTHS: [i32; 9] = [1, 2, 3, 6, 12, 24, 60, 120, 600];
/// A tick needs this many pixels.
const SPACING: i32 = 90;

/// Maps instants to pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeAxis {
    from: i64,
    until: i64,
    left: i32,
    width: i32,
}

impl TimeAxis {
    pub(super) fn new(from: Timestamp, until: Timestamp, left: i32, width: i32) -> Self {
        let (from, until) = (from.millis(), until.millis().max(from.millis() + 1));
        Self { from, until, left, width }
    }

    /// The pixel of an instant.
    pub(super) fn at(&self, time: Timestamp) -> i32 {
        self.pixel(time.millis())
    }

    fn pixel(&self, millis: i64) -> i32 {
        let share = (millis - self.from) as f64 / (self.until - self.from) as f64;
        self.left + (share * f64::from(self.width)).round() as i32
    }

    /// Grid lines from `top` to `bottom`, with labels under them.
    pub(super) fn draw<DB: DrawingBackend>(
        &self,
        pen: &Pen<'_, DB>,
        top: i32,
        bottom: i32,
    ) -> DrawResult<(), DB> {
        for (millis, label) in self.ticks() {
            let x = self.pixel(millis);
            pen.line(&[(x, top), (x, bottom)], GRID)?;
            pen.text(&label, (x, bottom + 14), centered(11, MUTED))?;
        }
        Ok(())
    }

    /// Instants and labels, at most one for each `SPACING` pixels.
    fn ticks(&self) -> Vec<(i64, String)> {
        let wanted = i64::from((self.width / SPACING).max(1));
        let least = (self.until - self.from) / wanted;
        match STEPS.iter().find(|step| **step >= least) {
            Some(step) => self.regular(*step),
            None => self.monthly(least),
        }
    }

    fn regular(&self, step: i64) -> Vec<(i64, String)> {
        let first =
            self.from.div_euclid(step) * step + if self.from.rem_euclid(step) == 0 { 0 } else { step };
        let format = match step {
            ..60_000 => "%H:%M:%S",
            60_000..DAY => "%m-%d %H:%M",
            DAY.. => "%Y-%m-%d",
        };
        let times = (first..=self.until).step_by(step as usize);
        times.filter_map(|millis| Some((millis, utc(millis)?.format(format).to_string()))).collect()
    }

    fn monthly(&self, least: i64) -> Vec<(i64, String)> {
        let fits = |months: &&i32| i64::from(**months) * 30 * DAY >= least;
        let step = MONTHS.iter().find(fits).copied().unwrap_or(1200);
        let Some((first, last)) = utc(self.from).zip(utc(self.until)) else {
            return Vec::new();
        };
        let month_number = |date: NaiveDate| date.year() * 12 + date.month0() as i32;
        let (first, last) = (month_number(first.date_naive()), month_number(last.date_naive()));
        let months = (first..=last).filter(|month| month.rem_euclid(step) == 0);
        let starts = months.filter_map(|month| {
            let (year, month) = (month.div_euclid(12), month.rem_euclid(12).cast_unsigned() + 1);
            let start = NaiveDate::from_ymd_opt(year, month, 1)?.and_hms_opt(0, 0, 0)?;
            let label = if step >= 12 { format!("{year}") } else { format!("{year}-{month:02}") };
            Some((start.and_utc().timestamp_millis(), label))
        });
        starts.filter(|(millis, _)| (self.from..=self.until).contains(millis)).collect()
    }
}

fn utc(millis: i64) -> Option<DateTime<chrono::Utc>> {
    DateTime::from_timestamp_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(days: i64) -> Vec<String> {
        let from = 1_704_067_200_000 + DAY / 3;
        let axis =
            TimeAxis::new(Timestamp::from_millis(from), Timestamp::from_millis(from + days * DAY), 0, 700);
        axis.ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_at_every_scale() {
        assert_eq!(labels(1)[0], "01-01 12:00");
        assert_eq!(labels(10)[..2], ["2024-01-02", "2024-01-04"]);
        assert_eq!(labels(400)[..2], ["2024-03", "2024-05"]);
        assert_eq!(labels(4000)[0], "2026");
        for days in [1, 2, 5, 10, 40, 90, 200, 400, 1000, 4000, 20_000] {
            assert!((1..=9).contains(&labels(days).len()), "{days} days: {:?}", labels(days));
        }
    }

    #[test]
    fn an_empty_span_is_drawable() {
        let now = Timestamp::from_millis(1_704_067_200_000);
        let axis = TimeAxis::new(now, now, 5, 100);
        assert_eq!(axis.at(now), 5);
        assert!(!axis.ticks().is_empty());
    }
}
