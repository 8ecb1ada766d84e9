//! A linear map of rows with an activation: forward and backward.

use rayon::prelude::*;

use crate::activation::{gelu, silu};
use crate::dropout::DropoutMask;
use crate::instructions::{Instructions, vectorised};
use crate::product::{Packed, Start, Threads, product};

/// What follows a linear map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `x Φ(x)`, with the exact normal distribution function; then dropout, if there is a mask.
    Gelu(Option<DropoutMask>),
    /// `silu(left half) * right half`: the map has twice as many columns as the result.
    SiluGated,
}

impl Activation {
    /// Columns of the result of a map with so many columns.
    pub fn width(self, columns: usize) -> usize {
        if self == Self::SiluGated { columns / 2 } else { columns }
    }
}

/// Rows of a block whose activation is computed together.
const ROWS: usize = 16;

/// `activation(rows · weight + bias)` for `rows` `[n, inputs]` and `weight` `[inputs, columns]`.
///
/// Returns the result and, with `keep`, what the derivative needs.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn linear_forward(
    instructions: Instructions,
    rows: &[f32],
    weight: &Packed,
    bias: Option<&[f32]>,
    activation: Activation,
    keep: bool,
) -> (Vec<f32>, Vec<f32>) {
    let columns = weight.columns();
    let n = rows.len() / weight.inner();
    let threads = Threads::Pool;
    let is_gated = activation == Activation::SiluGated;
    assert!(!is_gated || columns.is_multiple_of(2), "a gated map has as many gates as values");
    let mut out = vec![0.0; n * columns];
    let start = bias.map_or(Start::Zero, Start::Row);
    match activation {
        Activation::Identity => {
            product(threads, rows, weight, start, &mut out, &mut [], |_, _, _| ());
            (out, Vec::new())
        }
        Activation::Gelu(mask) => {
            let mut slopes = vec![0.0; if keep { out.len() } else { 0 }];
            product(threads, rows, weight, start, &mut out, &mut slopes, |first, out, slopes| {
                gelu_rows(instructions, columns, first, mask, out, slopes);
            });
            (out, slopes)
        }
        Activation::SiluGated => {
            let mut gated = vec![0.0; n * (columns / 2)];
            product(threads, rows, weight, start, &mut out, &mut gated, |_, sums, gated| {
                silu_rows(instructions, columns / 2, sums, gated);
            });
            (gated, if keep { out } else { Vec::new() })
        }
    }
}

/// `rows · weight + bias`, with GELU behind it if wanted, into `out`: allocates nothing.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn linear(
    instructions: Instructions,
    threads: Threads,
    rows: &[f32],
    weight: &Packed,
    bias: &[f32],
    with_gelu: bool,
    out: &mut [f32],
) {
    product(threads, rows, weight, Start::Row(bias), out, &mut [], |first, out, _| {
        if with_gelu {
            gelu_rows(instructions, weight.columns(), first, None, out, &mut []);
        }
    });
}

/// `silu(left half) * right half` of the columns of `rows · weight`, into `out`; `scratch` takes the product.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn silu_gated(
    instructions: Instructions,
    threads: Threads,
    rows: &[f32],
    weight: &Packed,
    scratch: &mut [f32],
    out: &mut [f32],
) {
    let columns = weight.columns();
    assert!(scratch.len() == 2 * out.len(), "a gated map has half as many results as columns");
    product(threads, rows, weight, Start::Zero, scratch, out, |_, sums, gated| {
        silu_rows(instructions, columns / 2, sums, gated);
    });
}

/// Turns the derivative by the result of [`linear_forward`] into that by `rows · weight + bias`.
///
/// # Panics
///
/// When the forward pass was not asked to keep what is needed, or sizes do not fit.
pub fn activation_backward(
    instructions: Instructions,
    activation: Activation,
    kept: Vec<f32>,
    gradient: Vec<f32>,
    columns: usize,
) -> Vec<f32> {
    match activation {
        Activation::Identity => gradient,
        Activation::Gelu(_) => {
            assert!(kept.len() == gradient.len(), "the forward pass has kept the slopes");
            let mut gradient = gradient;
            gradient
                .par_chunks_mut(ROWS * columns)
                .zip(kept.par_chunks(ROWS * columns))
                .for_each(|(gradient, slopes)| multiply(instructions, gradient, slopes));
            gradient
        }
        Activation::SiluGated => {
            assert!(kept.len() == 2 * gradient.len(), "the forward pass has kept the sums");
            let mut kept = kept;
            kept.par_chunks_mut(ROWS * columns)
                .zip(gradient.par_chunks(ROWS * columns / 2))
                .for_each(|(sums, gradient)| silu_rows_back(instructions, columns / 2, sums, gradient));
            kept
        }
    }
}

vectorised! {
    /// Activates rows; with a place for them, writes the slopes by the input, mask included.
    fn gelu_rows(width: usize, first: usize, mask: Option<DropoutMask>, rows: &mut [f32], slopes: &mut [f32]) {
        if slopes.is_empty() {
            for value in rows {
                *value = gelu(*value).0;
            }
            return;
        }
        let mut factors = vec![1.0; width];
        for (index, (row, slopes)) in rows.chunks_mut(width).zip(slopes.chunks_mut(width)).enumerate() {
            if let Some(mask) = mask {
                mask.fill(first + index, &mut factors);
            }
            for ((value, slope), factor) in row.iter_mut().zip(slopes).zip(&factors) {
                let (activated, by_input) = gelu(*value);
                *value = activated * factor;
                *slope = by_input * factor;
            }
        }
    }
}

vectorised! {
    fn multiply(values: &mut [f32], factors: &[f32]) {
        for (value, factor) in values.iter_mut().zip(factors) {
            *value *= factor;
        }
    }
}

vectorised! {
    fn silu_rows(width: usize, sums: &mut [f32], out: &mut [f32]) {
        for (sums, out) in sums.chunks(2 * width).zip(out.chunks_mut(width)) {
            let (gate, up) = sums.split_at(width);
            for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
                *out = silu(*gate).0 * up;
            }
        }
    }
}

vectorised! {
    /// Replaces the sums by the derivatives by them.
    fn silu_rows_back(width: usize, sums: &mut [f32], gradient: &[f32]) {
        for (sums, gradient) in sums.chunks_mut(2 * width).zip(gradient.chunks(width)) {
            let (gate, up) = sums.split_at_mut(width);
            for ((gate, up), gradient) in gate.iter_mut().zip(up).zip(gradient) {
                let (value, slope) = silu(*gate);
                (*gate, *up) = (gradient * *up * slope, gradient * value);
            }
        }
    }
}
