//! The weights of the ensemble's members, fold by fold.

use plotters::prelude::{DrawResult, DrawingBackend};

use super::canvas::Drawing;
use super::palette::{INK, MUTED, other, text_on};
use super::pen::{BODY, Pen, TITLE, centered, left, right};
use crate::report::document::EnsembleReport;

const WIDTH: i32 = 560;
const LEFT: i32 = 90;
const TOP: i32 = 92;
const ROW: i32 = 34;
const BAR: i32 = 24;
/// Narrower pieces carry no number.
const READABLE: i32 = 34;

/// One bar for the priors, one for each fold, one for the exported ensemble.
pub(super) struct Weights<'a> {
    members: Vec<&'a str>,
    bars: Vec<(String, Vec<f64>)>,
}

impl<'a> Weights<'a> {
    pub(super) fn new(ensemble: &'a EnsembleReport) -> Self {
        let members: Vec<&str> = ensemble.priors.keys().map(String::as_str).collect();
        let mut bars = vec![("Priors".to_owned(), ensemble.priors.values().copied().collect())];
        bars.extend(ensemble.folds.iter().chain(&ensemble.exported).map(|made| {
            let name = made.fold.map_or_else(|| "Exported".to_owned(), |fold| format!("Fold {fold}"));
            let weights = members.iter().map(|member| made.weights.get(*member).copied().unwrap_or(0.0));
            (name, weights.collect())
        }));
        Self { members, bars }
    }
}

impl Drawing for Weights<'_> {
    fn size(&self) -> (u32, u32) {
        let height = TOP + ROW * self.bars.len() as i32 + 12;
        ((LEFT + WIDTH + 20).unsigned_abs(), height.unsigned_abs())
    }

    fn title(&self) -> String {
        "Weights of the ensemble's members: priors, fold by fold, and as exported".to_owned()
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        pen.text("Weights of the members", (16, 20), left(TITLE, INK))?;
        pen.text("each fold learns from those before it", (16, 41), left(BODY, MUTED))?;
        let mut x = 16;
        for (place, member) in self.members.iter().enumerate() {
            pen.block((x, 62), (12, 12), other(place))?;
            pen.text(member, (x + 18, 68), left(11, MUTED))?;
            x += 18 + 8 * member.len() as i32 + 16;
        }
        for (place, (name, weights)) in self.bars.iter().enumerate() {
            let y = TOP + ROW * place as i32;
            pen.text(name, (LEFT - 10, y + BAR / 2), right(11, MUTED))?;
            let mut before = 0.0;
            for (member, weight) in weights.iter().enumerate() {
                let at = |share: f64| LEFT + (share * f64::from(WIDTH)).round() as i32;
                let (from, until) = (at(before), at(before + weight));
                before += weight;
                pen.block((from, y), (until - from, BAR), other(member))?;
                if until - from >= READABLE {
                    let middle = (i32::midpoint(from, until), y + BAR / 2);
                    pen.text(&format!("{weight:.2}"), middle, centered(11, text_on(other(member))))?;
                }
            }
        }
        Ok(())
    }
}
