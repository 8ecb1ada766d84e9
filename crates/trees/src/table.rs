//! A table of numbers, and the rows of it to learn from.

use crate::error::{FitError, TableError};
use crate::node::MOST_COLUMNS;

/// A row-major matrix `[n_rows, n_columns]`.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    values: &'a [f64],
    n_columns: usize,
}

impl<'a> Table<'a> {
    /// A view of `values`, row after row.
    ///
    /// # Errors
    /// [`TableError`] when there are no columns or the last row is cut short.
    pub fn new(values: &'a [f64], n_columns: usize) -> Result<Self, TableError> {
        if n_columns == 0 {
            return Err(TableError::NoColumns);
        }
        if !values.len().is_multiple_of(n_columns) {
            return Err(TableError::Length { values: values.len(), n_columns });
        }
        Ok(Self { values, n_columns })
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.values.len() / self.n_columns
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Row `index`: `[n_columns]`.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, index: usize) -> &'a [f64] {
        &self.values[index * self.n_columns..][..self.n_columns]
    }

    /// All rows in order, each `[n_columns]`.
    pub fn rows(&self) -> std::slice::ChunksExact<'a, f64> {
        self.values.chunks_exact(self.n_columns)
    }
}

/// Rows of a table with their classes. A row may be named more than once. NaN is a missing value.
#[derive(Debug, Clone, Copy)]
pub struct TrainingRows<'a> {
    /// The features of all rows.
    pub table: Table<'a>,
    /// Which rows of the table to learn from.
    pub rows: &'a [usize],
    /// The class of each entry of `rows`, from 0 to `n_classes - 1`.
    pub classes: &'a [u8],
    /// Number of classes, 1 to 256; some may have no row.
    pub n_classes: usize,
    /// How much each entry of `rows` counts, above zero; all the same without.
    pub weights: Option<&'a [f64]>,
}

impl TrainingRows<'_> {
    /// Positions must fit the 32 bits that are kept for them, with room for the numbers of nodes.
    const MOST_ROWS: usize = 1 << 30;

    /// Refuses what no trees can be fitted on.
    pub(crate) fn check(&self) -> Result<(), FitError> {
        let (n, n_classes, n_rows) = (self.rows.len(), self.n_classes, self.table.n_rows());
        if n == 0 {
            return Err(FitError::NoRows);
        }
        if n > Self::MOST_ROWS {
            return Err(FitError::TooManyRows { rows: n, limit: Self::MOST_ROWS });
        }
        if self.table.n_columns() > MOST_COLUMNS {
            return Err(FitError::TooManyColumns { columns: self.table.n_columns(), limit: MOST_COLUMNS });
        }
        if self.classes.len() != n {
            return Err(FitError::ClassCount { rows: n, classes: self.classes.len() });
        }
        if !(1..=256).contains(&n_classes) {
            return Err(FitError::ClassesOutOfRange(n_classes));
        }
        for (position, (&row, &class)) in self.rows.iter().zip(self.classes).enumerate() {
            if usize::from(class) >= n_classes {
                return Err(FitError::UnknownClass { position, class, n_classes });
            }
            if row >= n_rows {
                return Err(FitError::UnknownRow { position, row, n_rows });
            }
            let values = self.table.row(row);
            if let Some(column) = values.iter().position(|x| x.is_infinite()) {
                return Err(FitError::Infinite { row, column });
            }
        }
        let weights = self.weights.unwrap_or_default();
        if self.weights.is_some() && weights.len() != n {
            return Err(FitError::WeightCount { rows: n, weights: weights.len() });
        }
        match weights.iter().position(|weight| !(weight.is_finite() && *weight > 0.0)) {
            Some(position) => Err(FitError::Weight { position, weight: weights[position] }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_from_values() {
        let table = Table::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3).unwrap();
        assert_eq!((table.n_rows(), table.n_columns()), (2, 3));
        assert_eq!(table.row(1), [4.0, 5.0, 6.0]);
        assert_eq!(table.rows().count(), 2);
    }

    #[test]
    fn a_short_last_row_and_no_columns_are_refused() {
        assert_eq!(
            Table::new(&[1.0, 2.0, 3.0], 2).unwrap_err(),
            TableError::Length { values: 3, n_columns: 2 }
        );
        assert_eq!(Table::new(&[], 0).unwrap_err(), TableError::NoColumns);
        assert_eq!(Table::new(&[], 2).unwrap().n_rows(), 0);
    }
}
