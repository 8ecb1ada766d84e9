//! What a subject makes of bars: feature values or labels, one row for each bar.

use features::FeatureTable;
use market::{BarSeries, Timestamp};

/// Feature values of every bar.
#[derive(Debug, Clone)]
pub(crate) enum FeatureGrid {
    /// Of the program's own features.
    Table(FeatureTable),
    /// Of anything else.
    Columns(FeatureColumns),
}

/// Values column by column.
#[derive(Debug, Clone, Default)]
pub(crate) struct FeatureColumns {
    /// Column names.
    pub(crate) names: Vec<String>,
    /// `[n_columns][n_bars]`; none where a value does not exist.
    pub(crate) values: Vec<Vec<Option<f64>>>,
}

impl FeatureGrid {
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::Table(table) => table.schema().names().collect(),
            Self::Columns(columns) => columns.names.iter().map(String::as_str).collect(),
        }
    }

    pub(crate) fn n_columns(&self) -> usize {
        match self {
            Self::Table(table) => table.schema().len(),
            Self::Columns(columns) => columns.names.len(),
        }
    }

    pub(crate) fn n_bars(&self) -> usize {
        match self {
            Self::Table(table) => table.len(),
            Self::Columns(columns) => columns.values.first().map_or(0, Vec::len),
        }
    }

    /// The value of a column at a bar, where there is one.
    pub(crate) fn value(&self, bar: usize, column: usize) -> Option<f64> {
        match self {
            Self::Table(table) => table.value(bar, column),
            Self::Columns(columns) => columns.values[column][bar],
        }
    }

    /// The standard deviation of a column's finite values; 0 without any.
    pub(crate) fn scale(&self, column: usize) -> f64 {
        let values: Vec<f64> = (0..self.n_bars())
            .filter_map(|bar| self.value(bar, column))
            .filter(|value| value.is_finite())
            .collect();
        if values.is_empty() {
            return 0.0;
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
    }
}

/// Labels of every bar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LabelGrid {
    /// Class names.
    pub(crate) classes: Vec<String>,
    /// `[n_bars]`; none for a bar without a label.
    pub(crate) labels: Vec<Option<GivenLabel>>,
}

/// One label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GivenLabel {
    /// Index of the class.
    pub(crate) class: usize,
    /// Open time of the last bar that it says it needs.
    pub(crate) until: Timestamp,
}

impl LabelGrid {
    /// The class name at a bar that has a label.
    pub(crate) fn class(&self, bar: usize) -> Option<&str> {
        self.labels[bar].map(|label| self.classes[label.class].as_str())
    }

    /// For each bar with a label, the position of the last bar it needs; the number of bars when the series
    /// ends before that.
    pub(crate) fn last_needed(&self, series: &BarSeries) -> Vec<Option<usize>> {
        let bars = series.bars();
        let position = |until: Timestamp| match bars.last() {
            Some(last) if until > last.open_time => bars.len(),
            _ => bars.partition_point(|bar| bar.open_time <= until).saturating_sub(1),
        };
        self.labels.iter().map(|label| label.map(|label| position(label.until))).collect()
    }

    /// How many bars ahead a label usually looks, at least one.
    pub(crate) fn horizon(&self, series: &BarSeries) -> usize {
        let last = self.last_needed(series);
        let mut ahead: Vec<usize> = last
            .iter()
            .enumerate()
            .filter_map(|(bar, last)| Some(last.as_ref()?.saturating_sub(bar)))
            .collect();
        ahead.sort_unstable();
        ahead.get(ahead.len() / 2).copied().unwrap_or(1).max(1)
    }
}
