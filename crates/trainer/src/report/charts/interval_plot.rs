//! A score of every model and baseline of several runs: dots with their intervals on one axis.

use evaluation::Interval;
use plotters::prelude::{DrawResult, DrawingBackend};

use super::canvas::{Drawing, drawn};
use super::palette::{ACCENT, GRID, INK, MUTED, QUIET};
use super::pen::{BODY, Pen, TITLE, centered, fitted, left, right, text_width};
use super::price_axis::round_step;
use crate::report::RenderError;
use crate::report::comparison::{RunComparison, Score, Scores};
use crate::report::numbers::{DASH, decimals};

const MARGIN: i32 = 16;
const TOP: i32 = 76;
const ROW: i32 = 17;
const GAP: i32 = 7;
const AXIS: i32 = 238;
const VALUE: i32 = 52;
const TICKS: f64 = 5.0;
const SMALL: i32 = 11;

/// Log-loss and accuracy over the runs, as SVG; the rows of both are in the same order.
///
/// # Errors
/// [`RenderError`] when one can't be drawn.
pub(in crate::report) fn interval_plots(comparison: &RunComparison) -> Result<[String; 2], RenderError> {
    let rows = rows(comparison);
    let plot = |name: &str, title, of: fn(&Scores) -> Score| {
        let groups = rows.iter().map(|row| Group {
            name: row.name,
            is_model: row.is_model,
            marks: row.scores.iter().map(|(letter, scores)| (*letter, of(scores).interval())).collect(),
        });
        drawn(name, &IntervalPlot { title, groups: groups.collect() })
    };
    Ok([
        plot("log_loss", "Log-loss (nats), less is better", |scores| scores.log_loss)?,
        plot("accuracy", "Accuracy, more is better", |scores| scores.accuracy)?,
    ])
}

/// A name and its scores in the runs that have it.
struct Row<'a> {
    name: &'a str,
    is_model: bool,
    scores: Vec<(&'a str, Scores)>,
}

impl Row<'_> {
    /// The lowest log-loss of any run.
    fn log_loss(&self) -> f64 {
        let losses = self.scores.iter().filter_map(|(_, scores)| scores.log_loss.mean);
        losses.fold(f64::INFINITY, f64::min)
    }
}

/// Models in the order in which runs name them, then baselines, the best log-loss first.
fn rows(comparison: &RunComparison) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for run in &comparison.runs {
        let models = run.models.iter().filter_map(|model| Some((model.name.as_str(), true, model.scores?)));
        let baselines = run.baselines.iter().map(|(name, scores)| (name.as_str(), false, *scores));
        for (name, is_model, scores) in models.chain(baselines) {
            let known = rows.iter_mut().find(|row| row.name == name && row.is_model == is_model);
            match known {
                Some(row) => row.scores.push((&run.letter, scores)),
                None => rows.push(Row { name, is_model, scores: vec![(&run.letter, scores)] }),
            }
        }
    }
    let rank = |row: &Row<'_>| if row.is_model { f64::NEG_INFINITY } else { row.log_loss() };
    rows.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
    rows
}

/// One name with its interval in each run.
struct Group<'a> {
    name: &'a str,
    is_model: bool,
    marks: Vec<(&'a str, Interval)>,
}

/// The plot of one score.
struct IntervalPlot<'a> {
    title: &'a str,
    groups: Vec<Group<'a>>,
}

impl IntervalPlot<'_> {
    /// Lowest and highest end of an interval.
    fn range(&self) -> (f64, f64) {
        let marks = self.groups.iter().flat_map(|group| &group.marks);
        let ends = marks.flat_map(|(_, interval)| [interval.low, interval.mean, interval.high]);
        let (low, high) = ends
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if !low.is_finite() {
            return (0.0, 1.0);
        }
        let room = (0.03 * (high - low)).max(1e-4);
        (low - room, high + room)
    }

    fn letters(&self) -> i32 {
        let marks = self.groups.iter().flat_map(|group| &group.marks);
        marks.map(|(letter, _)| text_width(letter, BODY)).max().unwrap_or(0)
    }

    /// Where the axis begins: behind names and letters.
    fn gutter(&self) -> i32 {
        let longest = self.groups.iter().map(|group| text_width(group.name, BODY)).max().unwrap_or(0);
        MARGIN + longest.clamp(60, 130) + 10 + self.letters() + 12
    }

    fn bottom(&self) -> i32 {
        TOP + self.groups.iter().map(|group| group.marks.len() as i32 * ROW + GAP).sum::<i32>()
    }
}

impl Drawing for IntervalPlot<'_> {
    fn size(&self) -> (u32, u32) {
        let width = self.gutter() + AXIS + VALUE + MARGIN;
        (width.unsigned_abs(), (self.bottom() + 34).unsigned_abs())
    }

    fn title(&self) -> String {
        format!("{}: mean and 95% interval of every model and baseline of every run", self.title)
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        pen.text(self.title, (MARGIN, 20), left(TITLE, INK))?;
        let after_models = MARGIN + pen.key("models", (MARGIN, 46), ACCENT)?;
        pen.key("baselines", (after_models, 46), QUIET)?;
        let (gutter, bottom) = (self.gutter(), self.bottom());
        let (low, high) = self.range();
        let at = |value: f64| gutter + ((value - low) / (high - low) * f64::from(AXIS)).round() as i32;
        let step = round_step((high - low) / TICKS);
        let places = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
        for index in (low / step).ceil() as i64..=(high / step).floor() as i64 {
            let tick = index as f64 * step;
            pen.line(&[(at(tick), TOP - 6), (at(tick), bottom)], GRID)?;
            pen.text(&decimals(tick, places), (at(tick), bottom + 14), centered(SMALL, MUTED))?;
        }
        let mut top = TOP;
        for group in &self.groups {
            let letter_end = gutter - 12;
            let name_end = letter_end - self.letters() - 10;
            let name = fitted(group.name, BODY, name_end - MARGIN);
            let color = if group.is_model { ACCENT } else { QUIET };
            pen.text(
                &name,
                (name_end, top + ROW / 2),
                right(BODY, if group.is_model { INK } else { MUTED }),
            )?;
            for (letter, interval) in &group.marks {
                let middle = top + ROW / 2;
                pen.text(letter, (letter_end, middle), right(BODY, MUTED))?;
                let whole = [interval.low, interval.mean, interval.high].iter().all(|end| end.is_finite());
                let shown =
                    if interval.mean.is_finite() { decimals(interval.mean, 4) } else { DASH.to_owned() };
                if whole {
                    let (from, until) = (at(interval.low), at(interval.high));
                    pen.block((from, middle - 1), ((until - from).max(1), 3), color)?;
                    pen.dot((at(interval.mean), middle), 4, color)?;
                }
                pen.text(&shown, (gutter + AXIS + VALUE, middle), right(SMALL, MUTED))?;
                top += ROW;
            }
            top += GAP;
        }
        Ok(())
    }
}
