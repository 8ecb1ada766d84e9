//! Multi-head attention over packed queries, keys and values: forward and backward.
//!
//! Rows are ordered by window and then by time; a row of `[3 * width]` holds queries, keys and values,
//! each head after head. Windows and heads are independent and shared among threads.

use std::cell::RefCell;

use rayon::prelude::*;

use crate::activation::exp;
use crate::dropout::DropoutMask;
use crate::instructions::{Instructions, vectorised};
use crate::matrix::Matrix;
use crate::product::{Packed, Threads};
use crate::sum::{dot, sum};

/// Sizes of an attention and what changes its weights.
#[derive(Debug, Clone, Copy)]
pub struct Attention<'a> {
    /// Heads; they divide the width.
    pub heads: usize,
    /// Rows of a window.
    pub length: usize,
    /// What scores are multiplied by, usually one over the root of a head's width.
    pub scale: f32,
    /// Added to the scaled scores, `[length, length]` by query and key; `-inf` forbids. A query that may
    /// attend to nothing gets 0.
    pub mask: Option<&'a [f32]>,
    /// Drops weights: the row of the mask is `(window * heads + head) * length + query`.
    pub dropout: Option<DropoutMask>,
}

/// One head of one window.
struct Head {
    first_row: usize,
    first_column: usize,
    index: usize,
}

/// Memory of one thread.
struct Scratch {
    packed: Packed,
    left: Vec<f32>,
    rows: Vec<f32>,
    weights: Vec<f32>,
    by_scores: Vec<f32>,
    sums: Vec<f32>,
    turned: Vec<f32>,
    factors: Vec<f32>,
}

impl Scratch {
    fn new(instructions: Instructions) -> Self {
        let empty = Packed::new(instructions, Matrix::new(&[0.0], 1));
        let [left, rows, weights, by_scores, sums, turned, factors] = [(); 7].map(|()| Vec::new());
        Self { packed: empty, left, rows, weights, by_scores, sums, turned, factors }
    }
}

/// Runs something with this thread's memory.
fn with_scratch(instructions: Instructions, run: impl FnOnce(&mut Scratch)) {
    thread_local! {
        static SCRATCH: RefCell<Option<Scratch>> = const { RefCell::new(None) };
    }
    SCRATCH.with_borrow_mut(|scratch| {
        let scratch = match scratch {
            Some(scratch) if scratch.packed.instructions() == instructions => scratch,
            _ => scratch.insert(Scratch::new(instructions)),
        };
        run(scratch);
    });
}

impl Attention<'_> {
    /// Attended values, into `out` `[rows, width]`.
    ///
    /// # Panics
    ///
    /// When the sizes do not fit.
    pub fn forward(
        &self,
        instructions: Instructions,
        threads: Threads,
        packed: &[f32],
        width: usize,
        out: &mut [f32],
    ) {
        let rows = packed.len() / (3 * width);
        let (length, size) = (self.length, width / self.heads);
        assert!(rows.is_multiple_of(length) && width.is_multiple_of(self.heads), "sizes of an attention fit");
        assert!(out.len() == rows * width, "sizes of an attention fit");
        thread_local! {
            /// Attended values, head behind head.
            static BY_HEAD: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
        }
        // Taken, not borrowed: while this thread waits it may begin with another attention.
        let mut by_head = BY_HEAD.take();
        by_head.clear();
        by_head.resize(rows * width, 0.0);
        let attend = |(index, out): (usize, &mut [f32])| {
            let head = self.head(index / self.heads, index % self.heads, size);
            with_scratch(instructions, |scratch| {
                let mut weights = std::mem::take(&mut scratch.weights);
                weights.resize(length * length, 0.0);
                self.weights_of(instructions, packed, width, &head, scratch, &mut weights);
                if let Some(mask) = self.dropout {
                    scratch.factors.resize(length, 0.0);
                    let first = head.index * length;
                    drop_rows(instructions, mask, first, length, &mut weights, &mut scratch.factors);
                }
                self.part(packed, width, &head, 2, &mut scratch.rows);
                scratch.packed.replace(Threads::Caller, Matrix::new(&scratch.rows, size));
                scratch.packed.add_rows(&weights, length, out);
                scratch.weights = weights;
            });
        };
        match threads {
            Threads::Pool => by_head.par_chunks_mut(length * size).enumerate().for_each(attend),
            Threads::Caller => by_head.chunks_mut(length * size).enumerate().for_each(attend),
        }
        for (index, attended) in by_head.chunks(length * size).enumerate() {
            let head = self.head(index / self.heads, index % self.heads, size);
            put(attended, size, out, width, head.first_row, head.first_column);
        }
        BY_HEAD.set(by_head);
    }

    /// Weights before dropout, `[rows / length, heads, length, length]`: how much each query attends to
    /// each key.
    ///
    /// # Panics
    ///
    /// When the sizes do not fit.
    pub fn weights(&self, instructions: Instructions, packed: &[f32], width: usize) -> Vec<f32> {
        let rows = packed.len() / (3 * width);
        let (length, size) = (self.length, width / self.heads);
        assert!(rows.is_multiple_of(length) && width.is_multiple_of(self.heads), "sizes of an attention fit");
        let mut out = vec![0.0; rows * self.heads * length];
        out.par_chunks_mut(length * length).enumerate().for_each(|(index, out)| {
            let head = self.head(index / self.heads, index % self.heads, size);
            with_scratch(instructions, |scratch| {
                self.weights_of(instructions, packed, width, &head, scratch, out);
            });
        });
        out
    }

    fn head(&self, window: usize, index: usize, size: usize) -> Head {
        Head {
            first_row: window * self.length,
            first_column: index * size,
            index: window * self.heads + index,
        }
    }

    /// Queries (0), keys (1) or values (2) of a head.
    fn part(&self, packed: &[f32], width: usize, head: &Head, which: usize, out: &mut Vec<f32>) {
        let (length, size) = (self.length, width / self.heads);
        take(packed, 3 * width, head.first_row, which * width + head.first_column, length, size, out);
    }

    /// Weights of a head before dropout.
    fn weights_of(
        &self,
        instructions: Instructions,
        packed: &[f32],
        width: usize,
        head: &Head,
        scratch: &mut Scratch,
        weights: &mut [f32],
    ) {
        let size = width / self.heads;
        let is_square = self.mask.is_none_or(|mask| mask.len() == self.length * self.length);
        assert!(is_square, "a mask has a value for every query and key");
        self.part(packed, width, head, 1, &mut scratch.rows);
        scratch.packed.replace(Threads::Caller, Matrix::new(&scratch.rows, size).transposed());
        self.part(packed, width, head, 0, &mut scratch.rows);
        weights.fill(0.0);
        scratch.packed.add_rows(&scratch.rows, size, weights);
        softmax_rows(instructions, self.length, self.scale, self.mask, weights);
    }

    /// Derivative by the packed rows, from that by the attended values.
    ///
    /// # Panics
    ///
    /// When the sizes do not fit.
    pub fn backward(
        &self,
        instructions: Instructions,
        packed: &[f32],
        gradient: &[f32],
        width: usize,
    ) -> Vec<f32> {
        let rows = packed.len() / (3 * width);
        let (length, size) = (self.length, width / self.heads);
        assert!(gradient.len() == rows * width, "sizes of an attention fit");
        let mut out = vec![0.0; packed.len()];
        out.par_chunks_mut(length * 3 * width).enumerate().for_each(|(window, out)| {
            with_scratch(instructions, |scratch| {
                for index in 0..self.heads {
                    let head = self.head(window, index, size);
                    self.head_back(instructions, packed, gradient, width, &head, scratch, out);
                }
            });
        });
        out
    }

    #[allow(clippy::too_many_arguments, reason = "the operands of the derivative and where it goes")]
    fn head_back(
        &self,
        instructions: Instructions,
        packed: &[f32],
        gradient: &[f32],
        width: usize,
        head: &Head,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        let (length, size) = (self.length, width / self.heads);
        let mut weights = std::mem::take(&mut scratch.weights);
        weights.resize(length * length, 0.0);
        // Computed again instead of kept: they are by far the largest part of an attention.
        self.weights_of(instructions, packed, width, head, scratch, &mut weights);
        let Scratch { packed: right, left, rows, by_scores, turned, factors, sums, .. } = scratch;
        let part = |which: usize, out: &mut Vec<f32>| self.part(packed, width, head, which, out);
        factors.resize(length, 0.0);
        turned.resize(length * length, 0.0);
        by_scores.clear();
        by_scores.extend_from_slice(&weights);
        if let Some(mask) = self.dropout {
            drop_rows(instructions, mask, head.index * length, length, by_scores, factors);
        }
        // By the values: dropped weightsᵀ · gradient.
        Matrix::new(by_scores, length).transposed().copy(0, 0, length, length, turned);
        take(gradient, width, head.first_row, head.first_column, length, size, rows);
        right.replace(Threads::Caller, Matrix::new(rows, size));
        sums.clear();
        sums.resize(length * size, 0.0);
        right.add_rows(turned, length, sums);
        put(sums, size, out, 3 * width, 0, 2 * width + head.first_column);
        // By the weights: gradient · valuesᵀ; through dropout and softmax to the scores.
        part(2, left);
        right.replace(Threads::Caller, Matrix::new(left, size).transposed());
        by_scores.fill(0.0);
        right.add_rows(rows, size, by_scores);
        if let Some(mask) = self.dropout {
            drop_rows(instructions, mask, head.index * length, length, by_scores, factors);
        }
        softmax_rows_back(instructions, length, self.scale, &weights, by_scores);
        // By the queries: scores · keys; by the keys: scoresᵀ · queries.
        part(1, rows);
        right.replace(Threads::Caller, Matrix::new(rows, size));
        sums.fill(0.0);
        right.add_rows(by_scores, length, sums);
        put(sums, size, out, 3 * width, 0, head.first_column);
        part(0, rows);
        right.replace(Threads::Caller, Matrix::new(rows, size));
        Matrix::new(by_scores, length).transposed().copy(0, 0, length, length, turned);
        sums.fill(0.0);
        right.add_rows(turned, length, sums);
        put(sums, size, out, 3 * width, 0, width + head.first_column);
        scratch.weights = weights;
    }
}

/// Copies a block of a matrix with rows of `stride` to rows of `size`.
fn take(
    from: &[f32],
    stride: usize,
    first_row: usize,
    first_column: usize,
    rows: usize,
    size: usize,
    out: &mut Vec<f32>,
) {
    out.clear();
    for row in first_row..first_row + rows {
        out.extend_from_slice(&from[row * stride + first_column..][..size]);
    }
}

/// The opposite of [`take`].
fn put(from: &[f32], size: usize, out: &mut [f32], stride: usize, first_row: usize, first_column: usize) {
    for (row, values) in from.chunks(size).enumerate() {
        out[(first_row + row) * stride + first_column..][..size].copy_from_slice(values);
    }
}

vectorised! {
    fn softmax_rows(length: usize, scale: f32, mask: Option<&[f32]>, rows: &mut [f32]) {
        for (index, row) in rows.chunks_mut(length).enumerate() {
            for value in row.iter_mut() {
                *value *= scale;
            }
            if let Some(mask) = mask {
                for (value, mask) in row.iter_mut().zip(&mask[index * length..]) {
                    *value += mask;
                }
            }
            let highest = highest(row);
            if highest == f32::NEG_INFINITY {
                row.fill(0.0);
                continue;
            }
            for value in row.iter_mut() {
                // Below e^-87 a weight is 0, so that what is forbidden has no part at all.
                let distance = *value - highest;
                *value = if distance < -87.0 { 0.0 } else { exp(distance) };
            }
            let inverse = 1.0 / sum(row);
            for value in row.iter_mut() {
                *value *= inverse;
            }
        }
    }
}

/// The largest value, by sixteen running ones.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
fn highest(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; 16];
    let (blocks, rest) = row.as_chunks::<16>();
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max)
}

vectorised! {
    /// Turns derivatives by the weights into those by the scores before the scale.
    fn softmax_rows_back(length: usize, scale: f32, weights: &[f32], rows: &mut [f32]) {
        for (row, weights) in rows.chunks_mut(length).zip(weights.chunks(length)) {
            let mean = dot(row, weights);
            for (value, weight) in row.iter_mut().zip(weights) {
                *value = scale * weight * (*value - mean);
            }
        }
    }
}

vectorised! {
    fn drop_rows(mask: DropoutMask, first: usize, width: usize, rows: &mut [f32], factors: &mut [f32]) {
        for (index, row) in rows.chunks_mut(width).enumerate() {
            mask.apply(first + index, row, factors);
        }
    }
}
