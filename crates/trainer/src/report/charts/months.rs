//! A score month by month, with intervals.

use chrono::NaiveDate;
use evaluation::{Estimate, GroupScores};
use market::Timestamp;
use plotters::prelude::{DrawResult, DrawingBackend};

use super::canvas::Drawing;
use super::palette::{ACCENT, GRID, INK, MUTED, QUIET};
use super::pen::{BODY, Pen, TITLE, left, right};
use super::price_axis::round_step;
use super::time_axis::TimeAxis;
use crate::report::numbers::decimals;

const LEFT: i32 = 66;
const WIDTH: i32 = 790;
const TOP: i32 = 66;
const HEIGHT: i32 = 150;
const DAY: i64 = 86_400_000;
const TICKS: f64 = 7.0;
/// An axis reaches at most this many times the spread of the values beyond them, whatever the intervals.
const BEYOND: f64 = 1.0;
/// And so much further, as a share, that no dot touches its end.
const ROOM: f64 = 0.05;

/// Log-loss of one model by month.
pub(super) struct Months<'a> {
    model: &'a str,
    /// Middle of the month, in order.
    scores: Vec<(Timestamp, Estimate)>,
    overall: f64,
}

impl<'a> Months<'a> {
    /// Of groups named such as `2024-09`; `overall` is the score of all rows.
    pub(super) fn new(model: &'a str, groups: &[GroupScores], overall: f64) -> Self {
        let month = |group: &GroupScores| {
            Some((middle(&group.group)?, group.log_loss)).filter(|m| m.1.value.is_finite())
        };
        Self { model, scores: groups.iter().filter_map(month).collect(), overall }
    }

    /// One month is no course.
    pub(super) fn is_empty(&self) -> bool {
        self.scores.len() < 2
    }

    /// Lowest and highest value on the axis.
    fn range(&self) -> (f64, f64) {
        let spread = |values: &mut dyn Iterator<Item = f64>| {
            values
                .filter(|value| value.is_finite())
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                    (low.min(value), high.max(value))
                })
        };
        let values = || self.scores.iter().map(|(_, score)| score.value).chain([self.overall]);
        let (low, high) = spread(&mut values());
        let reach = (BEYOND * (high - low)).max(1e-3);
        let ends = self.scores.iter().flat_map(|(_, score)| [score.low, score.high]).flatten();
        let (lowest, highest) = spread(&mut ends.chain(values()));
        let (low, high) = (lowest.max(low - reach), highest.min(high + reach));
        let room = (ROOM * (high - low)).max(1e-4);
        (low - room, high + room)
    }
}

/// The middle of a month.
fn middle(month: &str) -> Option<Timestamp> {
    let first = NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0)?;
    Some(Timestamp::from_millis(first.and_utc().timestamp_millis() + 15 * DAY))
}

impl Drawing for Months<'_> {
    fn size(&self) -> (u32, u32) {
        ((LEFT + WIDTH + 46).unsigned_abs(), (TOP + HEIGHT + 36).unsigned_abs())
    }

    fn title(&self) -> String {
        format!("Log-loss of {} month by month, with 95% intervals where there is one", self.model)
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        let (Some(first), Some(last)) = (self.scores.first(), self.scores.last()) else {
            return Ok(());
        };
        pen.text(&format!("Log-loss of {} by month", self.model), (16, 20), left(TITLE, INK))?;
        let overall = decimals(self.overall, 4);
        let grey = if self.scores.iter().any(|(_, score)| score.low.is_none()) {
            "; grey: too few draws hold the month for an interval"
        } else {
            ""
        };
        let note = format!("nats, less is better; the line is that of all rows, {overall}{grey}");
        pen.text(&note, (16, 41), left(BODY, MUTED))?;
        let (low, high) = self.range();
        let at = |value: f64| {
            let share = (value.clamp(low, high) - low) / (high - low);
            TOP + HEIGHT - (share * f64::from(HEIGHT)).round() as i32
        };
        let shifted = |time: Timestamp, days: i64| Timestamp::from_millis(time.millis() + days * DAY);
        let axis = TimeAxis::new(shifted(first.0, -15), shifted(last.0, 16), LEFT, WIDTH);
        axis.draw(pen, TOP - 6, TOP + HEIGHT + 4)?;
        let step = round_step((high - low) / TICKS);
        let places = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
        for index in (low / step).ceil() as i64..=(high / step).floor() as i64 {
            let y = at(index as f64 * step);
            pen.line(&[(LEFT, y), (LEFT + WIDTH, y)], GRID)?;
            pen.text(&decimals(index as f64 * step, places), (LEFT - 8, y), right(11, MUTED))?;
        }
        if self.overall.is_finite() {
            pen.line(&[(LEFT, at(self.overall)), (LEFT + WIDTH, at(self.overall))], MUTED)?;
        }
        let radius = if self.scores.len() > 60 { 2 } else { 4 };
        for (time, score) in &self.scores {
            let x = axis.at(*time);
            let ends = score.low.zip(score.high).filter(|(low, high)| low.is_finite() && high.is_finite());
            if let Some((low, high)) = ends {
                pen.block((x - 1, at(high)), (2, (at(low) - at(high)).max(1)), ACCENT)?;
            }
            pen.dot((x, at(score.value)), radius, if ends.is_some() { ACCENT } else { QUIET })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_where_the_calendar_has_them() {
        assert_eq!(middle("2024-02").unwrap().to_string(), "2024-02-16 00:00:00");
        assert_eq!([middle("2024-13"), middle("<b>"), middle("")], [None; 3]);
    }

    #[test]
    fn a_single_huge_interval_does_not_flatten_the_rest() {
        let score = |value: f64, high: f64| Estimate { value, low: Some(value - 0.01), high: Some(high) };
        let time = Timestamp::from_millis(0);
        let scores = vec![(time, score(0.60, 0.61)), (time, score(0.70, 9.0))];
        let (low, high) = Months { model: "m", scores, overall: 0.65 }.range();
        assert!((low - 0.5795).abs() < 1e-9 && (high - 0.8105).abs() < 1e-9, "{low} {high}");
    }
}
