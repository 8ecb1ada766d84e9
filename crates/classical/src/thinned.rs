//! At most so many of the training rows.

use ndarray::Array2;
use trees::{Table, TrainingRows};

use crate::scaler::StandardScaler;

/// Rows of a table with their classes.
#[derive(Debug, Clone)]
pub(crate) struct Thinned {
    pub(crate) rows: Vec<usize>,
    pub(crate) classes: Vec<u8>,
}

impl Thinned {
    /// All rows, or `most` of them at equal distances, the first included.
    pub(crate) fn new(data: &TrainingRows<'_>, most: usize) -> Self {
        let n = data.rows.len();
        let places = (0..n.min(most)).map(|place| if n <= most { place } else { place * n / most });
        let (rows, classes) = places.map(|place| (data.rows[place], data.classes[place])).unzip();
        Self { rows, classes }
    }

    /// Its rows, scaled: `[n_rows, n_columns]`.
    pub(crate) fn scaled(&self, scaler: &StandardScaler, table: &Table<'_>) -> Array2<f64> {
        let values = self.rows.iter().flat_map(|&row| scaler.scaled(table.row(row))).collect();
        Array2::from_shape_vec((self.rows.len(), table.n_columns()), values)
            .expect("every row has all columns")
    }

    /// The classes that occur, rising.
    pub(crate) fn seen(&self) -> Vec<u8> {
        let mut seen = self.classes.clone();
        seen.sort_unstable();
        seen.dedup();
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_spread_over_all_of_them() {
        let table = Table::new(&[0.0; 20], 1).unwrap();
        let rows: Vec<usize> = (10..20).collect();
        let classes = [3, 0, 0, 1, 0, 1, 0, 2, 0, 0];
        let data = TrainingRows { table, rows: &rows, classes: &classes, n_classes: 4, weights: None };
        let thinned = Thinned::new(&data, 4);
        assert_eq!(
            (thinned.rows.as_slice(), thinned.classes.as_slice()),
            (&[10, 12, 15, 17][..], &[3, 0, 1, 2][..])
        );
        assert_eq!(Thinned::new(&data, 10).rows, rows);
        assert_eq!(thinned.seen(), [0, 1, 2, 3]);
    }
}
