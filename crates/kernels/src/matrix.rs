//! A view of a matrix of `f32`, row-major or transposed.

/// A matrix over a slice, without owning it.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    transposed: bool,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix `[values.len() / columns, columns]`.
    ///
    /// # Panics
    ///
    /// When the values are not a whole number of rows.
    pub fn new(values: &'a [f32], columns: usize) -> Self {
        assert!(columns > 0 && values.len().is_multiple_of(columns), "a matrix has whole rows");
        Self { values, rows: values.len() / columns, columns, transposed: false }
    }

    /// The same values with rows and columns exchanged.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self { rows: self.columns, columns: self.rows, transposed: !self.transposed, ..self }
    }

    /// Number of rows.
    pub fn rows(self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(self) -> usize {
        self.columns
    }

    pub(crate) fn is_transposed(self) -> bool {
        self.transposed
    }

    /// Copies rows `first_row..` and columns `first_column..` to `out`, row-major `[rows, width]` with
    /// `stride` between rows; leaves what lies outside the matrix as it is.
    pub(crate) fn copy(
        self,
        first_row: usize,
        first_column: usize,
        width: usize,
        stride: usize,
        out: &mut [f32],
    ) {
        let width = width.min(self.columns - first_column);
        let rows = self.rows - first_row;
        if self.transposed {
            // Column c of the view is row c of the values.
            for column in 0..width {
                let from = (first_column + column) * self.rows + first_row;
                let from = &self.values[from..from + rows.min(out.len().div_ceil(stride))];
                for (row, value) in from.iter().enumerate() {
                    out[row * stride + column] = *value;
                }
            }
        } else {
            for (row, out) in out.chunks_mut(stride).take(rows).enumerate() {
                let from = (first_row + row) * self.columns + first_column;
                let (from, out) = (&self.values[from..from + width], &mut out[..width]);
                // Whole vectors without a call.
                let (blocks, rest) = from.as_chunks::<16>();
                let (places, rest_places) = out.as_chunks_mut::<16>();
                for (place, block) in places.iter_mut().zip(blocks) {
                    *place = *block;
                }
                rest_places.copy_from_slice(rest);
            }
        }
    }
}
