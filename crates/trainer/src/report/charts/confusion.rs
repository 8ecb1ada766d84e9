//! Confusion matrix: rows are the true class, columns the predicted one.

use plotters::prelude::{DrawResult, DrawingBackend};

use super::canvas::Drawing;
use super::palette::{INK, MUTED, text_on, tile};
use super::pen::{BODY, Pen, TITLE, centered, fitted, left, right, text_width};
use crate::report::numbers::{percent, thousands};

const TOP: i32 = 92;
const MARGIN: i32 = 16;

/// Row counts of one model.
pub(super) struct Confusion<'a> {
    pub(super) model: &'a str,
    pub(super) classes: &'a [String],
    pub(super) counts: &'a [Vec<u64>],
}

impl Confusion<'_> {
    /// Names take this many pixels to the left of the tiles.
    fn gutter(&self) -> i32 {
        self.longest_name().clamp(60, 160) + MARGIN + 10
    }

    fn longest_name(&self) -> i32 {
        self.classes.iter().map(|name| text_width(name, BODY)).max().unwrap_or(0)
    }

    /// Width and height of a tile.
    fn cell(&self) -> (i32, i32) {
        let wide = |least: i32| (self.longest_name() + 8).clamp(least, 140);
        match self.classes.len() {
            0..=4 => (wide(112), 60),
            5..=8 => (wide(92), 48),
            9..=16 => (64, 40),
            _ => (12, 12),
        }
    }
}

impl Drawing for Confusion<'_> {
    fn size(&self) -> (u32, u32) {
        let (width, height) = self.cell();
        let k = self.classes.len() as i32;
        let width = (self.gutter() + k * width + MARGIN).max(380);
        (width.unsigned_abs(), (TOP + k * height + MARGIN).unsigned_abs())
    }

    fn title(&self) -> String {
        format!("Confusion matrix of {}: rows are the true class, columns the predicted class", self.model)
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        let (gutter, (width, height)) = (self.gutter(), self.cell());
        let roomy = width > 20;
        pen.text(&format!("Confusion matrix of {}", self.model), (MARGIN, 20), left(TITLE, INK))?;
        pen.text("rows counted, and their share of the true class", (MARGIN, 41), left(BODY, MUTED))?;
        pen.text("true", (gutter - 10, TOP - 14), right(11, MUTED))?;
        let middle = gutter + width * self.classes.len() as i32 / 2;
        pen.text("predicted", (middle, TOP - 31), centered(11, MUTED))?;
        for (index, name) in self.classes.iter().enumerate().filter(|_| roomy) {
            let index = index as i32;
            let x = gutter + index * width + width / 2;
            pen.text(&fitted(name, BODY, width - 6), (x, TOP - 14), centered(BODY, INK))?;
            let y = TOP + index * height + height / 2;
            pen.text(&fitted(name, BODY, gutter - MARGIN - 10), (gutter - 10, y), right(BODY, INK))?;
        }
        for (row, counts) in self.counts.iter().enumerate() {
            let total: u64 = counts.iter().sum();
            for (column, count) in counts.iter().enumerate() {
                let share = if total == 0 { 0.0 } else { *count as f64 / total as f64 };
                let (x, y) = (gutter + column as i32 * width, TOP + row as i32 * height);
                let color = tile(share);
                pen.block((x + 1, y + 1), (width - 2, height - 2), color)?;
                if roomy {
                    let (center, ink) = (x + width / 2, text_on(color));
                    pen.text(&thousands(*count), (center, y + height / 2 - 8), centered(13, ink))?;
                    pen.text(&percent(share), (center, y + height / 2 + 9), centered(11, ink))?;
                }
            }
        }
        Ok(())
    }
}
