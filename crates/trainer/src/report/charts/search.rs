//! The loss of every trial of a search, and the best so far.

use plotters::prelude::{DrawResult, DrawingBackend};

use super::canvas::{Chart, Drawing};
use super::palette::{ACCENT, GRID, INK, MUTED, NEUTRAL};
use super::pen::{BODY, Pen, Point, TITLE, centered, left, right};
use super::price_axis::round_step;
use crate::report::RenderError;
use crate::report::search::SearchChart;

const WIDTH: i32 = 620;
const HEIGHT: i32 = 240;
const LEFT: i32 = 66;
const TOP: i32 = 70;

/// The chart.
///
/// # Errors
/// [`RenderError`] when it can't be drawn.
pub(in crate::report) fn search_chart(chart: &SearchChart) -> Result<Chart, RenderError> {
    Chart::render("search".to_owned(), chart)
}

impl SearchChart {
    /// Least and largest loss that is shown: what lies above the middle by more than the least below it is cut off.
    fn span(&self) -> (f64, f64) {
        let mut losses: Vec<f64> =
            self.losses.iter().filter_map(|(loss, _)| *loss).filter(|loss| loss.is_finite()).collect();
        losses.sort_by(f64::total_cmp);
        let Some(least) = losses.first().copied() else { return (0.0, 1.0) };
        let middle = losses[losses.len() / 2];
        let most = losses[losses.len() - 1].min(middle + 2.0 * (middle - least) + 1e-6);
        let room = 0.06 * (most - least).max(1e-6);
        (least - room, most + room)
    }
}

impl Drawing for SearchChart {
    fn size(&self) -> (u32, u32) {
        ((LEFT + WIDTH + 24).unsigned_abs(), (TOP + HEIGHT + 56).unsigned_abs())
    }

    fn title(&self) -> String {
        "Log-loss of every trial of the search, and the least so far".to_owned()
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        pen.text("Log-loss of every trial", (16, 20), left(TITLE, INK))?;
        pen.text(
            "blue: finished; grey: ended early; line: the best so far; dots at the upper edge lie above it",
            (16, 41),
            left(BODY, MUTED),
        )?;
        let (low, high) = self.span();
        let n = self.losses.len().max(2);
        let at = |trial: usize, loss: f64| -> Point {
            let x = LEFT + (trial as f64 / (n - 1) as f64 * f64::from(WIDTH)).round() as i32;
            let share = ((loss - low) / (high - low)).clamp(0.0, 1.0);
            (x, TOP + HEIGHT - (share * f64::from(HEIGHT)).round() as i32)
        };
        let step = round_step((high - low) / 5.0);
        let mut tick = (low / step).ceil() * step;
        while tick <= high {
            let (_, y) = at(0, tick);
            pen.line(&[(LEFT, y), (LEFT + WIDTH, y)], GRID)?;
            pen.text(&format!("{tick:.4}"), (LEFT - 8, y), right(11, MUTED))?;
            tick += step;
        }
        for trial in [0, (n - 1) / 2, n - 1] {
            let (x, _) = at(trial, low);
            pen.text(&trial.to_string(), (x, TOP + HEIGHT + 16), centered(11, MUTED))?;
        }
        pen.text("trial", (LEFT + WIDTH / 2, TOP + HEIGHT + 38), centered(11, MUTED))?;
        let (mut best, mut line) = (f64::INFINITY, Vec::new());
        for (trial, (loss, is_done)) in self.losses.iter().enumerate() {
            let Some(loss) = loss.filter(|loss| loss.is_finite()) else { continue };
            if *is_done && loss < best {
                if best.is_finite() {
                    line.push(at(trial, best));
                }
                best = loss;
                line.push(at(trial, best));
            }
            pen.dot(at(trial, loss), 4, if *is_done { ACCENT } else { NEUTRAL })?;
        }
        if best.is_finite() {
            line.push(at(n - 1, best));
            pen.stroke(&line, 2, ACCENT)?;
        }
        Ok(())
    }
}
