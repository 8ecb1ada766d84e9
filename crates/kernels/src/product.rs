//! Matrix products of `f32` with a packed right operand.
//!
//! Every element is the sum of its products in the order of the inner dimension, in blocks of [`INNER`]
//! that are added to what is there. So an element does not depend on how many rows or columns are
//! computed with it, nor on the number of threads.

use std::cell::RefCell;

use rayon::prelude::*;

use crate::instructions::Instructions;
use crate::matrix::Matrix;
use crate::tile::{INNER, LEFT_STRIDE, Layout, Tile};

/// Rows of the left operand that share a pass over a panel.
const ROWS_PER_PASS: usize = 96;
/// Products and copies of fewer multiplications or values stay on the caller's thread.
const SERIAL: usize = 1 << 18;

/// A right operand `[inner, columns]` in the order in which products read it.
#[derive(Clone)]
pub struct Packed {
    instructions: Instructions,
    /// By block of the inner dimension, then by panel of columns, then by row: one panel row after the
    /// other. Columns are filled up with 0.
    values: Vec<f32>,
    inner: usize,
    columns: usize,
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { instructions, inner, columns, .. } = self;
        write!(f, "Packed [{inner}, {columns}] for {}", instructions.name())
    }
}

impl Packed {
    /// Packs a matrix.
    pub fn new(instructions: Instructions, matrix: Matrix<'_>) -> Self {
        let mut packed = Self { instructions, values: Vec::new(), inner: 0, columns: 0 };
        packed.replace(Threads::Pool, matrix);
        packed
    }

    /// Packs another matrix into the same memory.
    pub fn replace(&mut self, threads: Threads, matrix: Matrix<'_>) {
        let (inner, columns) = (matrix.rows, matrix.columns);
        (self.inner, self.columns) = (inner, columns);
        let width = self.instructions.tile().1;
        let padded = columns.next_multiple_of(width);
        self.values.clear();
        self.values.resize(inner * padded, 0.0);
        for (block, values) in self.values.chunks_mut(INNER * padded).enumerate() {
            let rows = values.len() / padded;
            let fill = |(panel, values): (usize, &mut [f32])| {
                matrix.copy(block * INNER, panel * width, width, width, values);
            };
            if threads == Threads::Caller || inner * padded < SERIAL / 8 {
                values.chunks_mut(rows * width).enumerate().for_each(fill);
            } else {
                values.par_chunks_mut(rows * width).with_min_len(4).enumerate().for_each(fill);
            }
        }
    }

    /// The instructions it is packed for.
    pub fn instructions(&self) -> Instructions {
        self.instructions
    }

    /// Length of the inner dimension.
    pub fn inner(&self) -> usize {
        self.inner
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// `out += left · self` for a few rows, on this thread. `left` is row-major, with `stride` between rows.
    pub(crate) fn add_rows(&self, left: &[f32], stride: usize, out: &mut [f32]) {
        thread_local! {
            /// The left block in work.
            static LEFT: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
        }
        LEFT.with_borrow_mut(|block| {
            block.resize(ROWS_PER_PASS * LEFT_STRIDE, 0.0);
            self.add_rows_by(block, left, stride, out);
        });
    }

    fn add_rows_by(&self, scratch: &mut [f32], left: &[f32], stride: usize, out: &mut [f32]) {
        let (most, width) = self.instructions.tile();
        let rows = out.len() / self.columns;
        let padded = self.columns.next_multiple_of(width);
        for (pass, out) in out.chunks_mut(ROWS_PER_PASS * self.columns).enumerate() {
            let first = pass * ROWS_PER_PASS;
            let rows = ROWS_PER_PASS.min(rows - first);
            for (block, values) in self.values.chunks(INNER * padded).enumerate() {
                let inner = values.len() / padded;
                // A single row is read where it is; more are brought close together.
                let lefts = if rows == 1 {
                    &left[first * stride + block * INNER..]
                } else {
                    for (row, place) in scratch.chunks_mut(LEFT_STRIDE).take(rows).enumerate() {
                        let from = (first + row) * stride + block * INNER;
                        place[..inner].copy_from_slice(&left[from..from + inner]);
                    }
                    &*scratch
                };
                // A single row needs two panels at a time to keep the arithmetic busy.
                let together = if rows == 1 { 2 } else { 1 };
                for (index, right) in values.chunks(together * inner * width).enumerate() {
                    let column = index * together * width;
                    for row in (0..rows).step_by(most) {
                        self.instructions.run(Tile {
                            layout: Layout::Rows,
                            rows: most.min(rows - row),
                            columns: (together * width).min(self.columns - column),
                            inner,
                            left: &lefts[row * LEFT_STRIDE..],
                            right,
                            out: &mut out[row * self.columns + column..],
                            stride: self.columns,
                        });
                    }
                }
            }
        }
    }
}

/// What the rows of a result are before products are added.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    /// 0.
    Zero,
    /// The same row everywhere, `[columns]`.
    Row(&'a [f32]),
    /// What `out` holds.
    Out,
}

/// Who computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// The threads of the current pool, unless the work is too small to share.
    Pool,
    /// The caller alone: for callers that share their own work.
    Caller,
}

/// `out = start + left · right` with `left` row-major `[rows, inner]` and `out` row-major
/// `[rows, columns]`; then `finish(first_row, rows, companion)` of every block of rows, while it is in the
/// cache. `companion` is a second buffer of as many rows, of any width, or empty.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn product(
    threads: Threads,
    left: &[f32],
    right: &Packed,
    start: Start<'_>,
    out: &mut [f32],
    companion: &mut [f32],
    finish: impl Fn(usize, &mut [f32], &mut [f32]) + Sync,
) {
    let (inner, columns) = (right.inner, right.columns);
    let rows = out.len() / columns;
    assert!(left.len() == rows * inner && out.len() == rows * columns, "operands of a product fit");
    let share = rows.div_ceil(rayon::current_num_threads());
    let block = share.clamp(1, ROWS_PER_PASS);
    let beside = companion.len().checked_div(rows).unwrap_or(0);
    assert!(companion.len() == rows * beside, "the companion has as many rows as the result");
    let run = |(index, (out, companion)): (usize, (&mut [f32], &mut [f32]))| {
        let first = index * block;
        match start {
            Start::Zero => out.fill(0.0),
            Start::Row(row) => out.chunks_mut(columns).for_each(|out| out.copy_from_slice(row)),
            Start::Out => (),
        }
        right.add_rows(&left[first * inner..], inner, out);
        finish(first, out, companion);
    };
    let alone = threads == Threads::Caller || rows * inner * columns < SERIAL;
    match (alone, companion.is_empty()) {
        (true, true) => {
            out.chunks_mut(block * columns).enumerate().for_each(|(index, out)| run((index, (out, &mut []))));
        }
        (true, false) => {
            out.chunks_mut(block * columns)
                .zip(companion.chunks_mut(block * beside))
                .enumerate()
                .for_each(run);
        }
        (false, true) => {
            out.par_chunks_mut(block * columns)
                .enumerate()
                .for_each(|(index, out)| run((index, (out, &mut []))));
        }
        (false, false) => out
            .par_chunks_mut(block * columns)
            .zip(companion.par_chunks_mut(block * beside))
            .enumerate()
            .for_each(run),
    }
}

/// `leftᵀ · right` for row-major `left` `[rows, inner]` and `right` `[rows, columns]`: row-major
/// `[inner, columns]`. The gradient of a weight matrix.
///
/// # Panics
///
/// When the numbers of rows differ.
pub fn transposed_product(instructions: Instructions, left: Matrix<'_>, right: Matrix<'_>) -> Vec<f32> {
    assert!(left.rows == right.rows, "operands of a product fit");
    assert!(!left.is_transposed() && !right.is_transposed(), "both operands are row-major");
    let (inner, columns, rows) = (left.columns, right.columns, right.rows);
    let (most, width) = instructions.tile();
    let panels = columns.div_ceil(width);
    let per_task = panels.div_ceil(rayon::current_num_threads()).min(8);
    let mut out = vec![0.0; inner * columns];
    // Each task owns a range of columns, as one slice of every row.
    let mut tasks: Vec<Vec<&mut [f32]>> =
        (0..panels.div_ceil(per_task)).map(|_| Vec::with_capacity(inner)).collect();
    for row in out.chunks_mut(columns) {
        for (task, part) in tasks.iter_mut().zip(row.chunks_mut(per_task * width)) {
            task.push(part);
        }
    }
    tasks.into_par_iter().enumerate().for_each(|(index, mut out)| {
        let first_column = index * per_task * width;
        let own = out[0].len();
        let mut sums = vec![0.0; inner * own];
        let mut lefts = vec![0.0; inner.next_multiple_of(most) * INNER];
        let mut panel = vec![0.0; INNER * width];
        for first in (0..rows).step_by(INNER) {
            let length = INNER.min(rows - first);
            for (tile, values) in lefts.chunks_mut(most * INNER).enumerate() {
                left.copy(first, tile * most, most, most, &mut values[..length * most]);
            }
            for column in (0..own).step_by(width) {
                let columns = width.min(own - column);
                right.copy(first, first_column + column, columns, width, &mut panel[..length * width]);
                for (tile, values) in lefts.chunks(most * INNER).enumerate() {
                    let row = tile * most;
                    instructions.run(Tile {
                        layout: Layout::Columns,
                        rows: most.min(inner - row),
                        columns,
                        inner: length,
                        left: values,
                        right: &panel[..length * width],
                        out: &mut sums[row * own + column..],
                        stride: own,
                    });
                }
            }
        }
        for (out, sums) in out.iter_mut().zip(sums.chunks(own)) {
            out.copy_from_slice(sums);
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{self, wide};
    use crate::testing::{close, values};

    #[test]
    fn agrees_with_double_precision_at_any_size() {
        for instructions in Instructions::available() {
            for (rows, inner, columns) in [
                (1, 1, 1),
                (2, 3, 5),
                (7, 129, 33),
                (12, 128, 32),
                (13, 300, 31),
                (97, 17, 65),
                (200, 257, 100),
            ] {
                let (left, right) = (values(rows * inner, 1), values(inner * columns, 2));
                let expected = reference::product(&wide(&left), &wide(&right), inner, columns);
                let packed = Packed::new(instructions, Matrix::new(&right, columns));
                let mut out = vec![f32::NAN; rows * columns];
                product(Threads::Pool, &left, &packed, Start::Zero, &mut out, &mut [], |_, _, _| ());
                close(&out, &expected, 1e-6);

                let mut turned = vec![0.0; inner * columns];
                Matrix::new(&right, columns).transposed().copy(0, 0, inner, inner, &mut turned);
                let packed = Packed::new(instructions, Matrix::new(&turned, inner).transposed());
                let mut again = vec![f32::NAN; rows * columns];
                product(Threads::Pool, &left, &packed, Start::Zero, &mut again, &mut [], |_, _, _| ());
                assert_eq!(out[..], again[..]);

                let mut turned = vec![0.0; rows * inner];
                Matrix::new(&left, inner).transposed().copy(0, 0, rows, rows, &mut turned);
                let sums = transposed_product(
                    instructions,
                    Matrix::new(&turned, rows),
                    Matrix::new(&right, columns),
                );
                close(&sums, &expected, 1e-6);
            }
        }
    }

    #[test]
    fn a_row_has_the_same_bits_alone_and_at_any_number_of_threads() {
        let (rows, inner, columns) = (101, 150, 70);
        let (left, right) = (values(rows * inner, 1), values(inner * columns, 2));
        for instructions in Instructions::available() {
            let packed = Packed::new(instructions, Matrix::new(&right, columns));
            let on = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    let mut out = vec![0.0; rows * columns];
                    product(
                        Threads::Pool,
                        &left,
                        &packed,
                        Start::Row(&right[..columns]),
                        &mut out,
                        &mut [],
                        |_, _, _| (),
                    );
                    let sums = transposed_product(
                        instructions,
                        Matrix::new(&left, inner),
                        Matrix::new(&out, columns),
                    );
                    (out, sums)
                })
            };
            let all = on(1);
            assert!(all == on(3));
            for row in [0, 50, 100] {
                let mut out = vec![0.0; columns];
                let left = &left[row * inner..(row + 1) * inner];
                product(
                    Threads::Pool,
                    left,
                    &packed,
                    Start::Row(&right[..columns]),
                    &mut out,
                    &mut [],
                    |_, _, _| (),
                );
                assert_eq!(out[..], all.0[row * columns..(row + 1) * columns]);
            }
        }
    }
}
