//! Reliability diagram: how often a model is right when it says how sure it is.

use evaluation::ReliabilityBin;
use plotters::prelude::{DrawResult, DrawingBackend};

use super::canvas::Drawing;
use super::palette::{ACCENT, GRID, INK, MUTED, QUIET};
use super::pen::{BODY, Pen, Point, TITLE, centered, left, right};

const SIDE: i32 = 300;
const LEFT: i32 = 62;
const TOP: i32 = 88;

/// The bins of one model.
pub(super) struct Reliability<'a> {
    pub(super) model: &'a str,
    pub(super) bins: &'a [ReliabilityBin],
    /// Before its probabilities were corrected; empty where they were not.
    pub(super) before: &'a [ReliabilityBin],
}

impl Reliability<'_> {
    /// Lower end of both axes, in tenths.
    fn floor_tenths(&self) -> i32 {
        let values = self.bins.iter().chain(self.before).flat_map(|bin| [bin.confidence, bin.accuracy]);
        let least = values.filter(|value| value.is_finite()).fold(1.0, f64::min);
        ((least * 10.0 + 1e-9).floor() as i32).clamp(0, 9)
    }

    fn at(&self, confidence: f64, accuracy: f64) -> Point {
        let low = f64::from(self.floor_tenths()) / 10.0;
        let pixels = |value: f64| ((value - low) / (1.0 - low) * f64::from(SIDE)).round() as i32;
        (LEFT + pixels(confidence), TOP + SIDE - pixels(accuracy))
    }
}

impl Drawing for Reliability<'_> {
    fn size(&self) -> (u32, u32) {
        ((LEFT + SIDE + 28).unsigned_abs(), (TOP + SIDE + 60).unsigned_abs())
    }

    fn title(&self) -> String {
        format!("Reliability of {}: how often the predicted class was right, by its probability", self.model)
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        pen.text(&format!("Reliability of {}", self.model), (16, 20), left(TITLE, INK))?;
        pen.text("below the line: surer than it is right", (16, 41), left(BODY, MUTED))?;
        pen.text("share that was right", (16, TOP - 20), left(11, MUTED))?;
        let low = self.floor_tenths();
        let step = if low <= 4 { 2 } else { 1 };
        for tenths in (low..=10).filter(|tenths| (10 - tenths) % step == 0) {
            let value = f64::from(tenths) / 10.0;
            let (x, y) = self.at(value, value);
            pen.line(&[(x, TOP), (x, TOP + SIDE)], GRID)?;
            pen.line(&[(LEFT, y), (LEFT + SIDE, y)], GRID)?;
            let label = format!("{value:.1}");
            pen.text(&label, (x, TOP + SIDE + 15), centered(11, MUTED))?;
            pen.text(&label, (LEFT - 8, y), right(11, MUTED))?;
        }
        let bottom = (LEFT + SIDE / 2, TOP + SIDE + 38);
        pen.text("mean probability of the predicted class", bottom, centered(11, MUTED))?;
        let start = f64::from(low) / 10.0;
        pen.line(&[self.at(start, start), self.at(1.0, 1.0)], MUTED)?;
        let is_shown = |bin: &&ReliabilityBin| bin.confidence.is_finite() && bin.accuracy.is_finite();
        let before: Vec<Point> =
            self.before.iter().filter(is_shown).map(|bin| self.at(bin.confidence, bin.accuracy)).collect();
        if before.len() > 1 {
            pen.line(&before, QUIET)?;
            pen.text("grey: before it was corrected", (LEFT + SIDE, TOP - 20), right(11, MUTED))?;
        }
        let shown: Vec<&ReliabilityBin> = self.bins.iter().filter(is_shown).collect();
        let points: Vec<Point> = shown.iter().map(|bin| self.at(bin.confidence, bin.accuracy)).collect();
        if points.len() > 1 {
            pen.line(&points, ACCENT)?;
        }
        let most = shown.iter().map(|bin| bin.rows).max().unwrap_or(1).max(1) as f64;
        for (bin, point) in shown.iter().zip(&points) {
            let radius = 2.0 + 5.0 * (bin.rows as f64 / most).sqrt();
            pen.dot(*point, radius.round() as i32, ACCENT)?;
        }
        Ok(())
    }
}
