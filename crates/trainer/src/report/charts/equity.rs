//! What capital would have become, beside that of whoever just held.

use plotters::prelude::{DrawResult, DrawingBackend, RGBColor};

use super::canvas::Drawing;
use super::palette::{ACCENT, GRID, INK, MUTED, QUIET};
use super::pen::{BODY, Pen, Point, TITLE, left, right};
use super::price_axis::PriceAxis;
use super::time_axis::TimeAxis;
use crate::report::document::{EquityPoint, ModelEconomics};

const LEFT: i32 = 66;
const WIDTH: i32 = 790;
const TOP: i32 = 90;
const HEIGHT: i32 = 230;

/// Capital of one model's strategy on one symbol.
pub(super) struct Equity<'a> {
    economics: &'a ModelEconomics,
}

impl<'a> Equity<'a> {
    pub(super) fn new(economics: &'a ModelEconomics) -> Self {
        Self { economics }
    }

    /// Nothing that a line could go through.
    pub(super) fn is_empty(&self) -> bool {
        self.economics.equity.len() < 2
    }

    /// Each pixel column keeps its first, highest, lowest and last point. Capital that is lost altogether has no
    /// place on a log scale; the line ends there.
    fn path(&self, axis: &TimeAxis, prices: &PriceAxis, of: impl Fn(&EquityPoint) -> f64) -> Vec<Point> {
        let points = self.economics.equity.iter();
        let points: Vec<Point> = points
            .take_while(|point| of(point).is_finite() && of(point) > 0.0)
            .map(|point| (axis.at(point.time), prices.at(of(point))))
            .collect();
        let mut path = Vec::new();
        for column in points.chunk_by(|one, next| one.0 == next.0) {
            let (Some(first), Some(last)) = (column.first(), column.last()) else { continue };
            let ends = [column.iter().min(), column.iter().max()].map(|end| *end.unwrap_or(first));
            path.extend([*first, ends[0], ends[1], *last]);
        }
        path.dedup();
        path
    }
}

impl Drawing for Equity<'_> {
    fn size(&self) -> (u32, u32) {
        ((LEFT + WIDTH + 46).unsigned_abs(), (TOP + HEIGHT + 36).unsigned_abs())
    }

    fn title(&self) -> String {
        let ModelEconomics { model, symbol, .. } = self.economics;
        format!("Capital after costs: trading {symbol} on {model} against buy-and-hold")
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        let equity = &self.economics.equity;
        let (Some(first), Some(last)) = (equity.first(), equity.last()) else {
            return Ok(());
        };
        let values = equity.iter().flat_map(|point| [point.strategy, point.held]).chain([1.0]);
        let prices = PriceAxis::new(values, TOP, HEIGHT);
        let ModelEconomics { model, symbol, .. } = self.economics;
        pen.text(&format!("Capital after costs, {symbol}"), (16, 20), left(TITLE, INK))?;
        let scale = if prices.is_log() { ", on a log scale" } else { "" };
        let note = format!("1 at the start{scale}; out-of-sample rows only");
        pen.text(&note, (16, 41), left(BODY, MUTED))?;
        let next = 16 + pen.key(model, (16, 64), ACCENT)?;
        pen.key("buy-and-hold", (next, 64), QUIET)?;
        let axis = TimeAxis::new(first.time, last.time, LEFT, WIDTH);
        axis.draw(pen, TOP - 4, TOP + HEIGHT + 4)?;
        for (value, label) in prices.ticks() {
            let y = prices.at(value);
            pen.line(&[(LEFT, y), (LEFT + WIDTH, y)], GRID)?;
            pen.text(&label, (LEFT - 8, y), right(11, MUTED))?;
        }
        let line = |path: Vec<Point>, color: RGBColor| {
            if path.len() > 1 { pen.stroke(&path, 2, color) } else { Ok(()) }
        };
        pen.line(&[(LEFT, prices.at(1.0)), (LEFT + WIDTH, prices.at(1.0))], MUTED)?;
        line(self.path(&axis, &prices, |point| point.held), QUIET)?;
        line(self.path(&axis, &prices, |point| point.strategy), ACCENT)
    }
}
