//! The training rows by bin, sixteen columns together.

use rayon::prelude::*;

use crate::bins::BinnedColumn;

/// Columns in a tile: so many histograms fit the nearest cache.
pub(crate) const TILE: usize = 16;

/// Some columns of the training rows, so that a row's bins lie together. A tile has [`TILE`] columns; the last may
/// be filled up with columns of one bin.
#[derive(Debug)]
pub(crate) struct Tiles {
    /// Which column of the table each one is.
    pub(crate) columns: Vec<usize>,
    /// `[n_tiles][n_rows][TILE]`
    rows: Vec<Vec<[u8; TILE]>>,
}

impl Tiles {
    /// Puts these columns together.
    pub(crate) fn new(binned: &[BinnedColumn], columns: Vec<usize>) -> Self {
        let rows = columns.par_chunks(TILE).map(|columns| {
            let n_rows = binned[columns[0]].codes.len();
            let mut rows = vec![[0; TILE]; n_rows];
            for (place, &column) in columns.iter().enumerate() {
                rows.iter_mut().zip(&binned[column].codes).for_each(|(row, &code)| row[place] = code);
            }
            rows
        });
        let rows = rows.collect();
        Self { columns, rows }
    }

    /// The tiles in order, each with the columns it holds.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&[usize], &[[u8; TILE]])> {
        self.columns.chunks(TILE).zip(self.rows.iter().map(Vec::as_slice))
    }

    /// Number of tiles.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}
