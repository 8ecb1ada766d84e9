//! Fold timeline: what each fold learned from and where it was tested.

use market::Timestamp;
use plotters::prelude::{DrawResult, DrawingBackend, RGBColor};

use super::canvas::Drawing;
use super::palette::{ACCENT, ACCENT_SOFT, INK, MUTED, NEUTRAL, ON_LIGHT, text_on};
use super::pen::{BODY, Pen, TITLE, centered, left, right, text_width};
use super::time_axis::TimeAxis;
use crate::report::document::{FoldSpans, Span};
use crate::report::numbers::thousands;

const LEFT: i32 = 74;
const WIDTH: i32 = 790;
const TOP: i32 = 78;
const ROW: i32 = 30;
const BAR: i32 = 20;
const GAP: RGBColor = RGBColor(0xd5, 0x5e, 0x00);

/// All folds of a run.
pub(super) struct Folds<'a> {
    pub(super) folds: &'a [FoldSpans],
}

impl Folds<'_> {
    fn axis(&self) -> TimeAxis {
        let from = self.folds.iter().map(|fold| fold.train.from).min();
        let until = self.folds.iter().map(|fold| fold.test.until).max();
        let zero = Timestamp::from_millis(0);
        TimeAxis::new(from.unwrap_or(zero), until.unwrap_or(zero), LEFT, WIDTH)
    }
}

impl Drawing for Folds<'_> {
    fn size(&self) -> (u32, u32) {
        ((LEFT + WIDTH + 46).unsigned_abs(), (TOP + self.folds.len() as i32 * ROW + 40).unsigned_abs())
    }

    fn title(&self) -> String {
        format!("Timeline of the {} folds: training, purged gap, early stopping and test", self.folds.len())
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        pen.text("Folds over time, with their rows", (16, 20), left(TITLE, INK))?;
        let mut x = 16;
        for (name, color) in
            [("train", NEUTRAL), ("purged gap", GAP), ("early stopping", ACCENT_SOFT), ("test", ACCENT)]
        {
            x += pen.key(name, (x, 46), color)?;
        }
        let axis = self.axis();
        let bottom = TOP + self.folds.len() as i32 * ROW;
        axis.draw(pen, TOP - 6, bottom + 2)?;
        for (index, fold) in self.folds.iter().enumerate() {
            let top = TOP + index as i32 * ROW + (ROW - BAR) / 2;
            pen.text(&format!("fold {}", fold.fold), (LEFT - 10, top + BAR / 2), right(BODY, MUTED))?;
            span(pen, &axis, &fold.train, top, NEUTRAL)?;
            let mut learned_until = fold.train.until;
            if let Some(stopping) = &fold.early_stopping {
                gap(pen, &axis, (learned_until, stopping.from), top)?;
                span(pen, &axis, stopping, top, ACCENT_SOFT)?;
                learned_until = stopping.until;
            }
            gap(pen, &axis, (learned_until, fold.test.from), top)?;
            span(pen, &axis, &fold.test, top, ACCENT)?;
        }
        Ok(())
    }
}

fn span<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    axis: &TimeAxis,
    span: &Span,
    top: i32,
    color: RGBColor,
) -> DrawResult<(), DB> {
    let (from, until) = (axis.at(span.from), axis.at(span.until));
    let width = (until - from).max(1);
    pen.block((from, top), (width, BAR), color)?;
    let rows = thousands(span.rows as u64);
    if text_width(&rows, 11) + 6 > width {
        return Ok(());
    }
    let ink = if color == ACCENT { text_on(color) } else { ON_LIGHT };
    pen.text(&rows, (from + width / 2, top + BAR / 2), centered(11, ink))
}

/// The gap is thin on most scales, so it is drawn at least three pixels wide.
fn gap<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    axis: &TimeAxis,
    (after, before): (Timestamp, Timestamp),
    top: i32,
) -> DrawResult<(), DB> {
    if before <= after {
        return Ok(());
    }
    let (from, until) = (axis.at(after), axis.at(before));
    let missing = (3 - (until - from)).max(0);
    pen.block((from - missing, top), (until - from + missing, BAR), GAP)
}
