//! The measures of feature importance: which number, on what scale, in what colour.

use plotters::prelude::RGBColor;

use super::palette::{ACCENT, ACCENT_SOFT, NEUTRAL};
use crate::report::document::FeatureImportance;
use crate::report::importance::split_measure;
use crate::report::numbers::{decimals, percent};

/// The axis reaches at most this many times the spread of the values beyond them, whatever the intervals.
const BEYOND: f64 = 0.5;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// The increase of log-loss when a feature is shuffled.
    Permutation,
    /// The mean size of its contributions.
    Shap,
    /// What the trees' splits on it are worth while learning.
    Splits,
}

impl Measure {
    /// In the order of the columns.
    pub(super) const ALL: [Self; 3] = [Self::Permutation, Self::Shap, Self::Splits];

    /// Of one feature; none where the model has no such measure.
    pub(super) fn of(self, row: &FeatureImportance) -> Option<f64> {
        match self {
            Self::Permutation => Some(row.permutation.value),
            Self::Shap => row.mean_abs_shap,
            Self::Splits => row.impurity,
        }
    }

    /// Both ends of its interval, where it has one.
    pub(super) fn interval(self, row: &FeatureImportance) -> Option<(f64, f64)> {
        let ends = match self {
            Self::Permutation => row.permutation.low.zip(row.permutation.high),
            Self::Shap | Self::Splits => None,
        };
        ends.filter(|(low, high)| low.is_finite() && high.is_finite())
    }

    /// What stands above the column; `unit` is that of SHAP values.
    pub(super) fn heading(self, unit: Option<&str>) -> String {
        match self {
            Self::Permutation => "permutation, 95% interval".to_owned(),
            Self::Shap => unit.map_or("mean |SHAP|".to_owned(), |unit| format!("mean |SHAP|, {unit}")),
            Self::Splits => format!("{}, share", split_measure(unit)),
        }
    }

    /// A number of it.
    pub(super) fn shown(self, value: f64) -> String {
        match self {
            Self::Permutation | Self::Shap => decimals(value, 4),
            Self::Splits => percent(value),
        }
    }

    /// Pixels of the longest bar.
    pub(super) fn bars(self) -> i32 {
        match self {
            // With names and numbers as much as a phone shows at once.
            Self::Permutation => 132,
            Self::Shap => 120,
            Self::Splits => 90,
        }
    }

    /// Pixels of bars and numbers.
    pub(super) fn width(self) -> i32 {
        self.bars() + 50
    }

    pub(super) fn color(self) -> RGBColor {
        match self {
            Self::Permutation => ACCENT,
            Self::Shap => ACCENT_SOFT,
            Self::Splits => NEUTRAL,
        }
    }
}

/// The ends of a column's axis; zero lies on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    low: f64,
    high: f64,
}

impl Range {
    pub(super) fn of(measure: Measure, rows: &[&FeatureImportance]) -> Self {
        let spread = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
        let values = rows.iter().filter_map(|row| measure.of(row)).filter(|value| value.is_finite());
        let (low, high) = values.fold((0.0, 0.0), spread);
        let ends = rows.iter().filter_map(|row| measure.interval(row)).flat_map(|(low, high)| [low, high]);
        let (lowest, highest) = ends.fold((low, high), spread);
        let reach = BEYOND * (high - low);
        let (low, high) = (lowest.max(low - reach), highest.min(high + reach));
        if high - low > 0.0 { Self { low, high } } else { Self { low: 0.0, high: 1.0 } }
    }

    /// How far along the axis a value lies, from 0 to 1.
    pub(super) fn share(self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    pub(super) fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

#[cfg(test)]
mod tests {
    use evaluation::Estimate;

    use super::*;

    fn row(value: f64, low: f64, high: f64) -> FeatureImportance {
        FeatureImportance {
            model: "m".to_owned(),
            feature: "f".to_owned(),
            impurity: None,
            permutation: Estimate { value, low: Some(low), high: Some(high) },
            mean_abs_shap: None,
            cluster: 0,
        }
    }

    #[test]
    fn a_single_huge_interval_does_not_flatten_the_rest() {
        let rows = [row(0.4, 0.3, 0.5), row(0.1, -7.0, 9.0)];
        let range = Range::of(Measure::Permutation, &rows.each_ref());
        assert!((range.low + 0.2).abs() < 1e-12 && (range.high - 0.6).abs() < 1e-12, "{range:?}");
        assert!(range.contains(0.5) && !range.contains(9.0));
        assert!((range.share(9.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn without_numbers_there_is_still_an_axis() {
        let nothing = row(f64::NAN, f64::NEG_INFINITY, f64::INFINITY);
        assert_eq!(Range::of(Measure::Permutation, &[&nothing]), Range { low: 0.0, high: 1.0 });
        assert_eq!(Measure::Permutation.interval(&nothing), None);
        assert_eq!(Range::of(Measure::Shap, &[]), Range { low: 0.0, high: 1.0 });
    }
}
