//! Feature importance: the measures of the most important features side by side, as horizontal bars.

use plotters::prelude::{DrawResult, DrawingBackend};

use super::canvas::Drawing;
use super::measures::{Measure, Range};
use super::palette::{GRID, INK, MUTED};
use super::pen::{BODY, Pen, TITLE, fitted, left, right, shortened, text_width};
use crate::report::document::FeatureImportance;
use crate::report::importance::largest_first;

/// Features that fit on the chart.
const SHOWN: usize = 20;
const ROW: i32 = 22;
const BAR: i32 = 12;
const TOP: i32 = 88;
const MARGIN: i32 = 16;
const BETWEEN: i32 = 26;
const SMALL: i32 = 11;

/// The most important features of one model.
pub(super) struct Importance<'a> {
    model: &'a str,
    /// Of the model's SHAP values.
    unit: Option<&'a str>,
    rows: Vec<&'a FeatureImportance>,
    measures: Vec<Measure>,
}

impl<'a> Importance<'a> {
    /// `unit` is that of the model's SHAP values, where it is known.
    pub(super) fn new(model: &'a str, unit: Option<&'a str>, all: &'a [FeatureImportance]) -> Self {
        let mut rows: Vec<&FeatureImportance> = all.iter().filter(|row| row.model == model).collect();
        rows.sort_by(|one, other| largest_first(one.permutation.value, other.permutation.value));
        rows.truncate(SHOWN);
        let present = |measure: &Measure| rows.iter().any(|row| measure.of(row).is_some());
        let measures = Measure::ALL.into_iter().filter(present).collect();
        Self { model, unit, rows, measures }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Pixels for the names.
    fn gutter(&self) -> i32 {
        let longest = self.rows.iter().map(|row| text_width(&row.feature, BODY)).max().unwrap_or(0);
        longest.clamp(60, 190) + MARGIN + 10
    }

    fn bottom(&self) -> i32 {
        TOP + self.rows.len() as i32 * ROW
    }

    fn right_end(&self) -> i32 {
        let columns: i32 = self.measures.iter().map(|measure| measure.width()).sum();
        self.gutter() + columns + BETWEEN * (self.measures.len() as i32 - 1).max(0)
    }

    fn names<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        let gutter = self.gutter();
        for (index, row) in self.rows.iter().enumerate() {
            let middle = middle(index);
            let name = shortened(&row.feature, BODY, gutter - MARGIN - 10);
            pen.text(&name, (gutter - 10, middle), right(BODY, INK))?;
            // Every fifth line is ruled, so that the eye finds the same feature in each column.
            if index % 5 == 4 && index + 1 < self.rows.len() {
                let y = middle + ROW / 2;
                pen.line(&[(MARGIN, y), (self.right_end(), y)], GRID)?;
            }
        }
        Ok(())
    }

    /// One measure of every row, its bars beginning at `start`.
    fn column<DB: DrawingBackend>(
        &self,
        pen: &Pen<'_, DB>,
        measure: Measure,
        start: i32,
    ) -> DrawResult<(), DB> {
        let range = Range::of(measure, &self.rows);
        let at = |value: f64| start + (range.share(value) * f64::from(measure.bars())).round() as i32;
        pen.text(&measure.heading(self.unit), (start, TOP - 15), left(SMALL, MUTED))?;
        for (index, row) in self.rows.iter().enumerate() {
            let Some(value) = measure.of(row) else { continue };
            let middle = middle(index);
            pen.text(&measure.shown(value), (start + measure.width(), middle), right(SMALL, MUTED))?;
            if !value.is_finite() {
                continue;
            }
            let (from, until) = (at(value.min(0.0)), at(value.max(0.0)));
            pen.block((from, middle - BAR / 2), ((until - from).max(1), BAR), measure.color())?;
            if let Some((low, high)) = measure.interval(row) {
                let (from, until) = (at(low), at(high));
                pen.block((from, middle - 1), ((until - from).max(1), 2), INK)?;
                for (end, x) in [(low, from), (high, until)] {
                    // An interval that leaves the chart has no end on it.
                    if range.contains(end) {
                        pen.block((x - 1, middle - 4), (2, 8), INK)?;
                    }
                }
            }
        }
        pen.line(&[(at(0.0), TOP), (at(0.0), self.bottom())], MUTED)
    }
}

/// Where the middle of a row is.
fn middle(index: usize) -> i32 {
    TOP + index as i32 * ROW + ROW / 2
}

impl Drawing for Importance<'_> {
    fn size(&self) -> (u32, u32) {
        let width = (self.right_end() + MARGIN).max(560);
        (width.unsigned_abs(), (self.bottom() + MARGIN).unsigned_abs())
    }

    fn title(&self) -> String {
        let measures: Vec<String> = self.measures.iter().map(|measure| measure.heading(self.unit)).collect();
        format!("The {} most important features of {}: {}", self.rows.len(), self.model, measures.join("; "))
    }

    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB> {
        let title = format!("Feature importance of {}", self.model);
        pen.text(&fitted(&title, TITLE, self.right_end() - MARGIN), (MARGIN, 20), left(TITLE, INK))?;
        let subtitle = "permutation: increase of log-loss (nats) when shuffled";
        pen.text(subtitle, (MARGIN, 41), left(SMALL, MUTED))?;
        self.names(pen)?;
        let mut start = self.gutter();
        for measure in &self.measures {
            self.column(pen, *measure, start)?;
            start += measure.width() + BETWEEN;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::charts::canvas::drawn;
    use crate::report::sample;

    fn picture(model: &str, unit: Option<&str>) -> String {
        let importance = sample::report().feature_importance;
        drawn("importance", &Importance::new(model, unit, &importance)).unwrap()
    }

    #[test]
    fn each_measure_has_a_column_where_the_model_has_it() {
        let forest = picture("random_forest", Some("probability"));
        for text in ["permutation, 95% interval", "mean |SHAP|, probability", "impurity, share"] {
            assert!(forest.contains(text), "{text}");
        }
        let network = picture("lstm", None);
        assert!(network.contains("permutation, 95% interval"));
        assert!(!network.contains("SHAP") && !network.contains("impurity"));
    }

    #[test]
    fn boosting_shows_gain() {
        let boosting = picture("random_forest", Some("log-odds"));
        assert!(boosting.contains("mean |SHAP|, log-odds") && boosting.contains("gain, share"));
        assert!(!boosting.contains("impurity"));
    }

    #[test]
    fn the_most_important_come_first_and_no_number_last() {
        let mut importance = sample::report().feature_importance;
        importance[0].permutation.value = f64::NAN;
        importance[1].permutation.value = 9.0;
        let chart = Importance::new("random_forest", None, &importance);
        assert_eq!(chart.rows.len(), SHOWN);
        assert_eq!(chart.rows[0].feature, importance[1].feature);
        assert!(chart.rows.iter().all(|row| row.feature != importance[0].feature), "24 are more than fit");
    }
}
