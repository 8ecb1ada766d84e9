//! One prediction taken apart: from the mean output to this one, a bar for what each feature adds.

use plotters::prelude::{DrawResult, DrawingBackend, RGBColor};

use super::canvas::Drawing;
use super::palette::{ACCENT, AGAINST, GRID, INK, MUTED, NEUTRAL, PAPER};
use super::pen::{BODY, Pen, TITLE, centered, fitted, left, right, shortened, text_width};
use super::price_axis::round_step;
use crate::report::document::Explanation;
use crate::report::numbers::{decimals, signed, significant, whole_percent};

const MARGIN: i32 = 16;
const TOP: i32 = 92;
/// A line of words, and the bar under it.
const ROW: i32 = 40;
const BAR: i32 = 13;
/// As wide as a phone has room for, so that it never has to be scrolled.
const AXIS: i32 = 308;
const VALUE: i32 = 64;
const RIGHT: i32 = MARGIN + AXIS + VALUE;
const SMALL: i32 = 11;
const TICKS: f64 = 5.0;
/// The axis reaches so much further than the bars, as a share of their spread.
const ROOM: f64 = 0.04;

/// The explained prediction of one model.
pub(super) struct Waterfall<'a> {
    explanation: &'a Explanation,
    steps: Vec<Step>,
}

/// One row: where the sum stood before it and where it stands after.
struct Step {
    name: String,
    beside: String,
    from: f64,
    until: f64,
    shown: String,
    /// None of the first row and the last, which are points.
    bar: Option<RGBColor>,
}

impl<'a> Waterfall<'a> {
    pub(super) fn new(explanation: &'a Explanation) -> Self {
        Self { explanation, steps: steps(explanation) }
    }

    fn bottom(&self) -> i32 {
        TOP + self.steps.len() as i32 * ROW
    }

    /// Lowest and highest value on the axis.
    fn range(&self) -> (f64, f64) {
        let values = self.steps.iter().flat_map(|step| [step.from, step.until]);
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if !low.is_finite() {
            return (0.0, 1.0);
        }
        let room = (ROOM * (high - low)).max(1e-4);
        (low - room, high + room)
    }

    fn axis<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>, at: impl Fn(f64) -> i32) -> DrawResult<(), DB> {
        let (low, high) = self.range();
        let step = round_step((high - low) / TICKS);
        let places = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
        for index in (low / step).ceil() as i64..=(high / step).floor() as i64 {
            let tick = index as f64 * step;
            pen.line(&[(at(tick), TOP - 4), (at(tick), self.bottom())], GRID)?;
            pen.text(&decimals(tick, places), (at(tick), self.bottom() + 14), centered(SMALL, MUTED))?;
        }
        Ok(())
    }

    fn heading<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        let explained = self.explanation;
        let title = format!("Why {} said {}", explained.model, explained.class);
        pen.text(&fitted(&title, TITLE, RIGHT - MARGIN), (MARGIN, 20), left(TITLE, INK))?;
        let time = explained.time.to_string();
        let time = time.strip_suffix(":00").unwrap_or(&time);
        let subtitle = format!("{}, {time} UTC, in {}", explained.symbol, explained.unit);
        pen.text(&fitted(&subtitle, BODY, RIGHT - MARGIN), (MARGIN, 41), left(BODY, MUTED))?;
        let mut x = MARGIN;
        for (name, color) in [("for it", ACCENT), ("against it", AGAINST), ("all others", NEUTRAL)] {
            x += pen.key(name, (x, 66), color)?;
        }
        Ok(())
    }
}

/// Base, contributions, rest and output; what is not a number adds nothing.
fn steps(explained: &Explanation) -> Vec<Step> {
    let mut sum = explained.base;
    let point = |name: &str, beside: &str, value: f64| Step {
        name: name.to_owned(),
        beside: beside.to_owned(),
        from: value,
        until: value,
        shown: decimals(value, 4),
        bar: None,
    };
    let mut add = |name: String, beside: String, value: f64, color: RGBColor| {
        let from = sum;
        sum += if value.is_finite() { value } else { 0.0 };
        Step { name, beside, from, until: sum, shown: signed(value, 4), bar: Some(color) }
    };
    let mut steps = vec![point("base", "mean of the training rows", explained.base)];
    for one in &explained.contributions {
        let (value, below) = (significant(one.value, 4), whole_percent(one.share_below));
        let beside = format!("{value}, above {below}");
        let color = if one.contribution < 0.0 { AGAINST } else { ACCENT };
        steps.push(add(one.feature.clone(), beside, one.contribution, color));
    }
    if explained.others > 0 {
        let name = match explained.others {
            1 => "1 other feature".to_owned(),
            several => format!("{several} other features"),
        };
        steps.push(add(name, "together".to_owned(), explained.rest, NEUTRAL));
    }
    steps.push(point("output", "before calibration", explained.output));
    steps
}

impl Drawing for Waterfall<'_> {
    fn size(&self) -> (u32, u32) {
        ((RIGHT + MARGIN).unsigned_abs(), (self.bottom() + 34).unsigned_abs())
    }

    fn title(&self) -> String {
        let Explanation { model, class, base, output, unit, .. } = self.explanation;
        format!(
            "One prediction of {model} taken apart: from {} on average to {} for {class}, in {unit}",
            decimals(*base, 4),
            decimals(*output, 4)
        )
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        self.heading(pen)?;
        let (low, high) = self.range();
        let at = |value: f64| MARGIN + ((value - low) / (high - low) * f64::from(AXIS)).round() as i32;
        self.axis(pen, at)?;
        for (index, step) in self.steps.iter().enumerate() {
            let top = TOP + index as i32 * ROW;
            let (words, middle) = (top + 9, top + 24);
            if step.until.is_finite() {
                // The sum goes on from here in the next row.
                if index + 1 < self.steps.len() {
                    pen.line(&[(at(step.until), middle), (at(step.until), middle + ROW)], MUTED)?;
                }
                match step.bar {
                    Some(color) => {
                        let (from, until) = (at(step.from.min(step.until)), at(step.from.max(step.until)));
                        pen.block((from, middle - BAR / 2), ((until - from).max(1), BAR), color)?;
                    }
                    None => pen.dot((at(step.until), middle), 5, INK)?,
                }
            }
            let beside = text_width(&step.beside, SMALL);
            let name = shortened(&step.name, BODY, RIGHT - MARGIN - beside - 8);
            // The lines of the axis and of the sum pass behind the words.
            pen.block((MARGIN, words - 8), (text_width(&name, BODY), 16), PAPER)?;
            pen.block((RIGHT - beside, words - 8), (beside, 16), PAPER)?;
            pen.text(&name, (MARGIN, words), left(BODY, INK))?;
            pen.text(&step.beside, (RIGHT, words), right(SMALL, MUTED))?;
            let ink = if step.bar.is_some() { MUTED } else { INK };
            pen.text(&step.shown, (RIGHT, middle), right(BODY, ink))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn bars_lead_from_base_to_output() {
        let explained = sample::report().explanations.remove(0);
        let steps = steps(&explained);
        assert_eq!(steps.len(), explained.contributions.len() + 3);
        for (step, next) in steps.iter().zip(&steps[1..steps.len() - 1]) {
            assert!((step.until - next.from).abs() < 1e-12, "{} to {}", step.name, next.name);
        }
        let [.., rest, output] = steps.as_slice() else { panic!("too few rows") };
        assert!((rest.until - output.from).abs() < 1e-9, "{} and {}", rest.until, output.from);
        assert_eq!(rest.name, "12 other features");
    }

    #[test]
    fn a_contribution_that_is_no_number_leaves_the_sum_alone() {
        let mut explained = sample::report().explanations.remove(0);
        explained.contributions[0].contribution = f64::NAN;
        let steps = steps(&explained);
        assert!((steps[1].until - explained.base).abs() < 1e-12 && steps[2].until.is_finite());
        explained.base = f64::NAN;
        explained.output = f64::INFINITY;
        assert_eq!(Waterfall::new(&explained).range(), (0.0, 1.0));
    }
}
