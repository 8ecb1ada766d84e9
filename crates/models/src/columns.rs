//! Some columns of a table: what one model of several sees.

use crate::rows::FeatureView;

/// The columns that a model sees, of a table of `n_features`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) places: Vec<usize>,
    pub(crate) n_features: usize,
}

/// Rows of these columns only.
pub(crate) struct Selected {
    values: Vec<f64>,
    n_features: usize,
    ends: Vec<usize>,
}

impl Columns {
    /// These columns of every row, row-major.
    pub(crate) fn of(&self, values: &[f64]) -> Vec<f64> {
        let row = |row: &[f64]| self.places.iter().map(|place| row[*place]).collect::<Vec<_>>();
        values.chunks_exact(self.n_features).flat_map(row).collect()
    }

    /// The asked-for rows, and those before them that their windows need.
    pub(crate) fn of_view(&self, view: &FeatureView<'_>, lookback: usize) -> Selected {
        let first = view.ends.iter().min().map_or(0, |end| end + 1 - lookback);
        let behind = view.ends.iter().max().map_or(0, |end| end + 1);
        let values = self.of(&view.values[first * self.n_features..behind * self.n_features]);
        let ends = view.ends.iter().map(|end| end - first).collect();
        Selected { values, n_features: self.places.len(), ends }
    }

    /// Values of these columns and all classes, `[rows, columns, classes]`, among those of all columns; the others are 0.
    pub(crate) fn among_all(&self, values: &[f64], n_classes: usize) -> Vec<f64> {
        let mut all = vec![0.0; values.len() / self.places.len() * self.n_features];
        let rows = all.chunks_exact_mut(self.n_features * n_classes);
        for (all, own) in rows.zip(values.chunks_exact(self.places.len() * n_classes)) {
            for (place, own) in self.places.iter().zip(own.chunks_exact(n_classes)) {
                all[place * n_classes..][..n_classes].copy_from_slice(own);
            }
        }
        all
    }
}

impl Selected {
    pub(crate) fn view(&self) -> FeatureView<'_> {
        FeatureView { values: &self.values, n_features: self.n_features, ends: &self.ends }
    }
}
