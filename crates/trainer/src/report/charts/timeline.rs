//! Regime timeline: the price between a strip of true classes and a strip of predicted ones.

use plotters::prelude::{DrawResult, DrawingBackend};

use super::canvas::Drawing;
use super::columns::{Column, columns, price_path};
use super::palette::{self, GRID, INK, MUTED};
use super::pen::{BODY, Pen, TITLE, left, right, text_width};
use super::price_axis::PriceAxis;
use super::time_axis::TimeAxis;
use crate::report::document::TimelinePoint;

const LEFT: i32 = 86;
const WIDTH: i32 = 792;
const STRIP: i32 = 26;
const PRICE: i32 = 250;

/// Price and classes of the first model's out-of-sample rows.
pub(super) struct Timeline<'a> {
    pub(super) symbol: &'a str,
    pub(super) model: &'a str,
    pub(super) classes: &'a [String],
    pub(super) points: &'a [TimelinePoint],
}

impl Timeline<'_> {
    /// Where each class stands in the legend, and the first pixel under it.
    fn legend(&self) -> (Vec<(i32, i32)>, i32) {
        let (mut x, mut y) = (16, 64);
        let mut places = Vec::with_capacity(self.classes.len());
        for name in self.classes {
            let width = 15 + text_width(name, BODY) + 14;
            if x > 16 && x + width > LEFT + WIDTH {
                (x, y) = (16, y + 20);
            }
            places.push((x, y));
            x += width;
        }
        (places, y + 22)
    }

    fn strip<DB: DrawingBackend>(
        &self,
        pen: &Pen<'_, DB>,
        top: i32,
        columns: &[Column],
        class: impl Fn(&Column) -> usize,
    ) -> DrawResult<(), DB> {
        for run in columns.chunk_by(|one, next| class(one) == class(next) && one.until == next.from) {
            let (first, last) = (&run[0], &run[run.len() - 1]);
            let index = class(first);
            let name = self.classes.get(index).map_or("", String::as_str);
            pen.block((first.from, top), (last.until - first.from, STRIP), palette::class(name, index))?;
        }
        Ok(())
    }
}

impl Drawing for Timeline<'_> {
    fn size(&self) -> (u32, u32) {
        let height = self.legend().1 + 2 * STRIP + PRICE + 44;
        ((LEFT + WIDTH + 32).unsigned_abs(), height.unsigned_abs())
    }

    fn title(&self) -> String {
        format!(
            "Close price of {} with the true class above and the class predicted by {} below",
            self.symbol, self.model
        )
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return Ok(());
        };
        let (places, top) = self.legend();
        let price_top = top + STRIP + 4;
        let prices = PriceAxis::new(self.points.iter().map(|point| point.close), price_top + 6, PRICE - 20);
        pen.text(&format!("{}: true and predicted regime", self.symbol), (16, 20), left(TITLE, INK))?;
        let scale = if prices.is_log() { "close on a log scale" } else { "close" };
        let note = format!("{scale}; out-of-sample predictions of {}", self.model);
        pen.text(&note, (16, 41), left(BODY, MUTED))?;
        for ((index, name), place) in self.classes.iter().enumerate().zip(&places) {
            pen.key(name, *place, palette::class(name, index))?;
        }
        let bottom = price_top + PRICE + STRIP;
        let axis = TimeAxis::new(first.time, last.time, LEFT, WIDTH);
        axis.draw(pen, price_top - 4, bottom + 2)?;
        for (value, label) in prices.ticks() {
            let y = prices.at(value);
            pen.line(&[(LEFT, y), (LEFT + WIDTH, y)], GRID)?;
            pen.text(&label, (LEFT - 8, y), right(11, MUTED))?;
        }
        let columns = columns(self.points, &axis, LEFT + WIDTH);
        pen.text("true", (LEFT - 8, top + STRIP / 2), right(BODY, INK))?;
        self.strip(pen, top, &columns, |column| column.label)?;
        pen.text("predicted", (LEFT - 8, bottom - STRIP / 2), right(BODY, INK))?;
        self.strip(pen, bottom - STRIP, &columns, |column| column.predicted)?;
        for path in price_path(self.points, &axis, &prices) {
            pen.line(&path, INK)?;
        }
        Ok(())
    }
}
