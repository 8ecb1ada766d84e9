//! Feature importance: horizontal bars by permutation, and by impurity where a model has it.

use plotters::prelude::{DrawResult, DrawingBackend};

use super::canvas::Drawing;
use super::palette::{ACCENT, GRID, INK, MUTED, NEUTRAL};
use super::pen::{BODY, Pen, TITLE, fitted, left, right, text_width};
use crate::report::document::FeatureImportance;
use crate::report::numbers::{decimals, percent};

/// Features that fit on the chart.
const SHOWN: usize = 20;
const ROW: i32 = 22;
const TOP: i32 = 88;
const MARGIN: i32 = 16;
const VALUE: i32 = 62;
const PERMUTATION: i32 = 300;
const IMPURITY: i32 = 140;
const BETWEEN: i32 = 24;

/// The most important features of one model.
pub(super) struct Importance<'a> {
    model: &'a str,
    rows: Vec<&'a FeatureImportance>,
}

impl<'a> Importance<'a> {
    pub(super) fn new(model: &'a str, all: &'a [FeatureImportance]) -> Self {
        let mut rows: Vec<&FeatureImportance> = all.iter().filter(|row| row.model == model).collect();
        rows.sort_by(|left, right| right.permutation.total_cmp(&left.permutation));
        rows.truncate(SHOWN);
        Self { model, rows }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn has_impurity(&self) -> bool {
        self.rows.iter().any(|row| row.impurity.is_some())
    }

    fn gutter(&self) -> i32 {
        let longest = self.rows.iter().map(|row| text_width(&row.feature, BODY)).max().unwrap_or(0);
        longest.clamp(60, 220) + MARGIN + 10
    }
}

impl Drawing for Importance<'_> {
    fn size(&self) -> (u32, u32) {
        let second = if self.has_impurity() { BETWEEN + IMPURITY + VALUE } else { 0 };
        let width = (self.gutter() + PERMUTATION + VALUE + second + MARGIN).max(560);
        (width.unsigned_abs(), (TOP + self.rows.len() as i32 * ROW + MARGIN).unsigned_abs())
    }

    fn title(&self) -> String {
        format!(
            "Feature importance of {}: permutation is the increase in out-of-sample log-loss (nats) when a feature is shuffled",
            self.model
        )
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        pen.text(&format!("Feature importance of {}", self.model), (MARGIN, 20), left(TITLE, INK))?;
        let subtitle = "permutation = increase in out-of-sample log-loss (nats) when a feature is shuffled";
        pen.text(subtitle, (MARGIN, 41), left(11, MUTED))?;
        let gutter = self.gutter();
        let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
        let low = self.rows.iter().map(|row| finite(row.permutation)).fold(0.0, f64::min);
        let high = self.rows.iter().map(|row| finite(row.permutation)).fold(0.0, f64::max);
        let span = if high - low > 0.0 { high - low } else { 1.0 };
        let at = |value: f64| gutter + ((finite(value) - low) / span * f64::from(PERMUTATION)).round() as i32;
        let bottom = TOP + self.rows.len() as i32 * ROW;
        pen.text("permutation", (at(0.0), TOP - 15), left(11, MUTED))?;
        for (index, row) in self.rows.iter().enumerate() {
            let middle = TOP + index as i32 * ROW + ROW / 2;
            let name = fitted(&row.feature, BODY, gutter - MARGIN - 10);
            pen.text(&name, (gutter - 10, middle), right(BODY, INK))?;
            let (from, to) = (at(row.permutation.min(0.0)), at(row.permutation.max(0.0)));
            pen.block((from, middle - 7), ((to - from).max(1), 14), ACCENT)?;
            pen.text(&decimals(row.permutation, 4), (to + 6, middle), left(11, MUTED))?;
        }
        pen.line(&[(at(0.0), TOP), (at(0.0), bottom)], GRID)?;
        if self.has_impurity() { self.draw_impurity(pen) } else { Ok(()) }
    }
}

impl Importance<'_> {
    fn draw_impurity<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        let start = self.gutter() + PERMUTATION + VALUE + BETWEEN;
        let share = |row: &FeatureImportance| row.impurity.filter(|value| value.is_finite()).unwrap_or(0.0);
        let most = self.rows.iter().map(|row| share(row)).fold(f64::MIN_POSITIVE, f64::max);
        pen.text("impurity, share of all features", (start, TOP - 15), left(11, MUTED))?;
        for (index, row) in self.rows.iter().enumerate() {
            let middle = TOP + index as i32 * ROW + ROW / 2;
            let width = (share(row) / most * f64::from(IMPURITY)).round().max(0.0) as i32;
            pen.block((start, middle - 7), (width.max(1), 14), NEUTRAL)?;
            pen.text(&percent(share(row)), (start + width + 6, middle), left(11, MUTED))?;
        }
        pen.line(&[(start, TOP), (start, TOP + self.rows.len() as i32 * ROW)], GRID)
    }
}
