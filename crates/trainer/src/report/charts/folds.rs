//! Fold timeline: what each fold learned from and where it was tested.

use market::Timestamp;
use plotters::prelude::{DrawResult, DrawingBackend, RGBColor};

use super::canvas::Drawing;
use super::fold_stretches::{Kind, Stretch, Surroundings, stretches};
use super::palette::{
    ACCENT, ACCENT_SOFT, EMBARGO, INK, MUTED, NEUTRAL, ON_LIGHT, PAPER, PURGE, QUIET, text_on,
};
use super::pen::{BODY, Pen, TITLE, centered, fitted, left, right, text_width};
use super::time_axis::TimeAxis;
use crate::report::document::FoldSpans;
use crate::report::numbers::thousands;

const MARGIN: i32 = 16;
const WIDTH: i32 = 790;
const TOP: i32 = 78;
const SMALL: i32 = 11;
/// Bars lower than this hold no text.
const LOWEST_TEXT: i32 = 13;
/// A reason in fewer pixels is none.
const READABLE: i32 = 240;
/// Pixels between the lines of a hatching.
const HATCH: i32 = 6;

/// All folds of a run.
pub(super) struct Folds<'a> {
    folds: &'a [FoldSpans],
    stretches: Vec<Vec<Stretch>>,
}

impl<'a> Folds<'a> {
    pub(super) fn new(folds: &'a [FoldSpans]) -> Self {
        let around = Surroundings::of(folds);
        Self { folds, stretches: folds.iter().map(|fold| stretches(fold, around)).collect() }
    }

    fn axis(&self) -> TimeAxis {
        let all = || self.stretches.iter().flatten();
        let (from, until) = (all().map(|part| part.from).min(), all().map(|part| part.until).max());
        let zero = Timestamp::from_millis(0);
        TimeAxis::new(from.unwrap_or(zero), until.unwrap_or(zero), self.gutter(), WIDTH)
    }

    /// Height of a fold's row and of the bar in it: many folds are drawn closer.
    fn heights(&self) -> (i32, i32) {
        match self.folds.len() {
            0..=10 => (30, 20),
            11..=20 => (24, 16),
            21..=40 => (18, 13),
            41..=120 => (8, 6),
            _ => (4, 3),
        }
    }

    /// Pixels for the names.
    fn gutter(&self) -> i32 {
        let longest = self.folds.iter().map(|fold| text_width(&name(fold), BODY)).max().unwrap_or(0);
        MARGIN + longest.max(48) + 10
    }

    fn bottom(&self) -> i32 {
        TOP + self.folds.len() as i32 * self.heights().0
    }

    /// What is drawn somewhere, in the order of the legend.
    fn legend(&self) -> impl Iterator<Item = (&'static str, RGBColor)> {
        let drawn = |(fold, parts): (&FoldSpans, &Vec<Stretch>), kind| {
            !fold.left_out && parts.iter().any(|part| part.kind == kind)
        };
        Kind::ALL
            .into_iter()
            .filter(move |kind| self.folds.iter().zip(&self.stretches).any(|fold| drawn(fold, *kind)))
            .map(|kind| (kind.name(), color(kind)))
    }

    fn fold<DB: DrawingBackend>(
        &self,
        pen: &Pen<'_, DB>,
        axis: &TimeAxis,
        index: usize,
    ) -> DrawResult<(), DB> {
        let (fold, (row, bar)) = (&self.folds[index], self.heights());
        let top = TOP + index as i32 * row + (row - bar) / 2;
        if bar >= LOWEST_TEXT || index.is_multiple_of(10) {
            let name = name(fold);
            pen.text(&name, (self.gutter() - 10, top + bar / 2), right(BODY, MUTED))?;
        }
        if fold.left_out {
            return self.left_out(pen, axis, index, top);
        }
        for part in &self.stretches[index] {
            let (from, until) = part.pixels(axis);
            let color = color(part.kind);
            pen.block((from, top), (until - from, bar), color)?;
            let rows = thousands(part.rows as u64);
            if part.rows > 0 && bar >= LOWEST_TEXT && text_width(&rows, SMALL) + 6 <= until - from {
                let ink = if color == ACCENT { text_on(color) } else { ON_LIGHT };
                pen.text(&rows, (i32::midpoint(from, until), top + bar / 2), centered(SMALL, ink))?;
            }
        }
        Ok(())
    }

    /// A fold without answers: its rows hatched, and the reason where there is most room for it.
    fn left_out<DB: DrawingBackend>(
        &self,
        pen: &Pen<'_, DB>,
        axis: &TimeAxis,
        index: usize,
        top: i32,
    ) -> DrawResult<(), DB> {
        let bar = self.heights().1;
        let rows = self.stretches[index].iter().filter(|part| part.rows > 0);
        let mut parts: Vec<(i32, i32)> = rows.map(|part| part.pixels(axis)).collect();
        parts.sort_unstable();
        if parts.is_empty() {
            // Nothing of it is known but that it is there.
            let whole = (self.gutter(), self.gutter() + WIDTH);
            hatched(pen, (whole.0, top), (WIDTH, bar))?;
            parts.push(whole);
        } else {
            for (from, until) in &parts {
                hatched(pen, (*from, top), (until - from, bar))?;
            }
        }
        if bar < LOWEST_TEXT {
            return Ok(());
        }
        let why = format!("left out: {}", self.folds[index].notes.join("; "));
        let starts = std::iter::once(self.gutter()).chain(parts.iter().map(|part| part.1));
        let ends = parts.iter().map(|part| part.0).chain([self.gutter() + WIDTH]);
        let room = starts.zip(ends).max_by_key(|(from, until)| until - from);
        let free = room.filter(|(from, until)| until - from >= READABLE);
        let (from, width) =
            free.map_or((self.gutter() + 6, 2 * READABLE), |(from, until)| (from + 6, until - from - 12));
        let why = fitted(&why, SMALL, width - 8);
        pen.block((from, top + 1), (text_width(&why, SMALL) + 8, bar - 2), PAPER)?;
        pen.text(&why, (from + 4, top + bar / 2), left(SMALL, INK))
    }
}

/// What stands before a fold: with a symbol where that is answered for by models of the others.
fn name(fold: &FoldSpans) -> String {
    match &fold.symbol_left_out {
        Some(symbol) => fitted(&format!("fold {}, {symbol}", fold.fold), BODY, 170),
        None => format!("fold {}", fold.fold),
    }
}

fn color(kind: Kind) -> RGBColor {
    match kind {
        Kind::Train => NEUTRAL,
        Kind::EarlyStopping => ACCENT_SOFT,
        Kind::Purged => PURGE,
        Kind::Embargoed => EMBARGO,
        Kind::Test => ACCENT,
    }
}

/// An outline with slanted lines in it.
fn hatched<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    (x, y): (i32, i32),
    (width, height): (i32, i32),
) -> DrawResult<(), DB> {
    let (right, bottom) = (x + width, y + height);
    pen.line(&[(x, y), (right, y), (right, bottom), (x, bottom), (x, y)], QUIET)?;
    for start in (x - height..right).step_by(HATCH as usize) {
        let (from, until) = (start.max(x), (start + height).min(right));
        if from < until {
            pen.line(&[(from, bottom - (from - start)), (until, bottom - (until - start))], QUIET)?;
        }
    }
    Ok(())
}

impl Drawing for Folds<'_> {
    fn size(&self) -> (u32, u32) {
        ((self.gutter() + WIDTH + 46).unsigned_abs(), (self.bottom() + 40).unsigned_abs())
    }

    fn title(&self) -> String {
        let parts: Vec<&str> = self.legend().map(|(name, _)| name).collect();
        let left_out = self.folds.iter().filter(|fold| fold.left_out).count();
        let left_out = if left_out > 0 { format!("; {left_out} left out") } else { String::new() };
        format!("Timeline of the {} folds: {}{left_out}", self.folds.len(), parts.join(", "))
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        pen.text("Folds over time, with their rows", (MARGIN, 20), left(TITLE, INK))?;
        let mut x = MARGIN;
        for (name, color) in self.legend() {
            x += pen.key(name, (x, 46), color)?;
        }
        if self.folds.iter().any(|fold| fold.left_out) {
            hatched(pen, (x, 41), (10, 10))?;
            pen.text("left out", (x + 15, 46), left(BODY, MUTED))?;
        }
        let axis = self.axis();
        axis.draw(pen, TOP - 6, self.bottom() + 2)?;
        for index in 0..self.folds.len() {
            self.fold(pen, &axis, index)?;
        }
        Ok(())
    }
}
