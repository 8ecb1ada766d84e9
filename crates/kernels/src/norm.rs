//! Residual connection, dropout of the branch and normalisation of rows: forward and backward.

use rayon::prelude::*;

use crate::dropout::DropoutMask;
use crate::instructions::{Instructions, vectorised};
use crate::sum::{column_sums, dot, sum};

/// How rows are normalised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Norm {
    /// To mean 0 and variance 1 (Ba, Kiros and Hinton 2016); this is added to the variance.
    Layer(f32),
    /// To a mean square of 1 (Zhang and Sennrich 2019); this is added to the mean square.
    Rms(f32),
}

/// What the derivative of [`residual_norm_forward`] needs.
#[derive(Debug, Clone)]
pub struct NormTrace {
    /// Rows before gain and shift.
    normal: Vec<f32>,
    /// What each row was multiplied by.
    scales: Vec<f32>,
}

/// Derivatives by what went into [`residual_norm_forward`].
#[derive(Debug, Clone)]
pub struct NormGradients {
    /// By the residual rows.
    pub residual: Vec<f32>,
    /// By the branch; the same as by the residual when there is no mask, and then empty.
    pub branch: Vec<f32>,
    /// By the gain.
    pub gain: Vec<f32>,
    /// By the shift.
    pub shift: Vec<f32>,
}

/// Rows that a thread takes at a time.
const ROWS: usize = 32;

/// `normalise(residual + dropout(branch)) * gain + shift` of each row `[width]`.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn residual_norm_forward(
    instructions: Instructions,
    norm: Norm,
    residual: Vec<f32>,
    branch: &[f32],
    gain: &[f32],
    shift: &[f32],
    mask: Option<DropoutMask>,
) -> (Vec<f32>, NormTrace) {
    let width = gain.len();
    assert!(residual.len() == branch.len() && shift.len() == width, "sizes of a normalisation fit");
    let mut normal = residual;
    let mut out = vec![0.0; normal.len()];
    let mut scales = vec![0.0; normal.len() / width];
    normal
        .par_chunks_mut(ROWS * width)
        .zip(branch.par_chunks(ROWS * width))
        .zip(out.par_chunks_mut(ROWS * width))
        .zip(scales.par_chunks_mut(ROWS))
        .enumerate()
        .for_each(|(block, (((normal, branch), out), scales))| {
            add_and_normalise(
                instructions,
                norm,
                block * ROWS,
                mask,
                gain,
                shift,
                normal,
                branch,
                out,
                scales,
            );
        });
    (out, NormTrace { normal, scales })
}

/// The same on this thread, in place of the residual and without a trace: allocates nothing.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn residual_norm(
    instructions: Instructions,
    norm: Norm,
    rows: &mut [f32],
    branch: &[f32],
    gain: &[f32],
    shift: &[f32],
) {
    assert!(rows.len() == branch.len() && shift.len() == gain.len(), "sizes of a normalisation fit");
    normalise_in_place(instructions, norm, gain, shift, rows, branch);
}

/// `normalise(row) * gain` of each row, into `out`, on this thread: allocates nothing.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn normalise(instructions: Instructions, norm: Norm, rows: &[f32], gain: &[f32], out: &mut [f32]) {
    assert!(rows.len() == out.len() && rows.len().is_multiple_of(gain.len()), "sizes of a normalisation fit");
    normalise_rows(instructions, norm, rows, gain, out);
}

/// Derivatives of a loss by the operands of [`residual_norm_forward`], from its derivative by the result.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn residual_norm_backward(
    instructions: Instructions,
    norm: Norm,
    trace: NormTrace,
    gain: &[f32],
    mask: Option<DropoutMask>,
    gradient: Vec<f32>,
) -> NormGradients {
    let width = gain.len();
    assert!(gradient.len() == trace.normal.len(), "sizes of a normalisation fit");
    let shift = column_sums(&gradient, width);
    let NormTrace { mut normal, scales } = trace;
    let mut residual = gradient;
    let mut branch = vec![0.0; if mask.is_some() { residual.len() } else { 0 }];
    let mut branches = branch.chunks_mut(ROWS * width);
    let work: Vec<_> = residual
        .chunks_mut(ROWS * width)
        .zip(normal.chunks_mut(ROWS * width))
        .zip(scales.chunks(ROWS))
        .map(|blocks| (blocks, branches.next().unwrap_or_default()))
        .collect();
    work.into_par_iter().enumerate().for_each(|(block, (((residual, normal), scales), branch))| {
        normalise_back(instructions, norm, block * ROWS, mask, gain, residual, normal, scales, branch);
    });
    // The normal rows have become the gain's share of each row.
    NormGradients { residual, branch, gain: column_sums(&normal, width), shift }
}

/// Brings a row to mean 0, if so normed, and to scale 1; returns what it was multiplied by.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
fn normalise_row(norm: Norm, row: &mut [f32]) -> f32 {
    let width = row.len() as f32;
    let epsilon = match norm {
        Norm::Layer(epsilon) => {
            let mean = sum(row) / width;
            for value in row.iter_mut() {
                *value -= mean;
            }
            epsilon
        }
        Norm::Rms(epsilon) => epsilon,
    };
    let scale = 1.0 / (dot(row, row) / width + epsilon).sqrt();
    for value in row {
        *value *= scale;
    }
    scale
}

vectorised! {
    fn add_and_normalise(
        norm: Norm,
        first: usize,
        mask: Option<DropoutMask>,
        gain: &[f32],
        shift: &[f32],
        rows: &mut [f32],
        branch: &[f32],
        out: &mut [f32],
        scales: &mut [f32],
    ) {
        let width = gain.len();
        let mut factors = vec![1.0; width];
        for (index, (((row, branch), out), scale)) in rows
            .chunks_mut(width)
            .zip(branch.chunks(width))
            .zip(out.chunks_mut(width))
            .zip(scales)
            .enumerate()
        {
            if let Some(mask) = mask {
                mask.fill(first + index, &mut factors);
            }
            for ((value, branch), factor) in row.iter_mut().zip(branch).zip(&factors) {
                *value += branch * factor;
            }
            *scale = normalise_row(norm, row);
            for (((value, out), gain), shift) in row.iter().zip(out).zip(gain).zip(shift) {
                *out = *value * gain + shift;
            }
        }
    }
}

vectorised! {
    fn normalise_rows(norm: Norm, rows: &[f32], gain: &[f32], out: &mut [f32]) {
        let width = gain.len();
        for (row, out) in rows.chunks(width).zip(out.chunks_mut(width)) {
            out.copy_from_slice(row);
            normalise_row(norm, out);
            for (value, gain) in out.iter_mut().zip(gain) {
                *value *= gain;
            }
        }
    }
}

vectorised! {
    fn normalise_in_place(norm: Norm, gain: &[f32], shift: &[f32], rows: &mut [f32], branch: &[f32]) {
        let width = gain.len();
        for (row, branch) in rows.chunks_mut(width).zip(branch.chunks(width)) {
            for (value, branch) in row.iter_mut().zip(branch) {
                *value += branch;
            }
            normalise_row(norm, row);
            for ((value, gain), shift) in row.iter_mut().zip(gain).zip(shift) {
                *value = *value * gain + shift;
            }
        }
    }
}

vectorised! {
    /// `rows` are derivatives by the result and become those by the residual; `normal` becomes each row's
    /// share of the derivative by the gain.
    fn normalise_back(
        norm: Norm,
        first: usize,
        mask: Option<DropoutMask>,
        gain: &[f32],
        rows: &mut [f32],
        normal: &mut [f32],
        scales: &[f32],
        branch: &mut [f32],
    ) {
        let width = gain.len();
        let mut by_normal = vec![0.0; width];
        let mut factors = vec![1.0; width];
        for (index, ((row, normal), scale)) in
            rows.chunks_mut(width).zip(normal.chunks_mut(width)).zip(scales).enumerate()
        {
            for ((by_normal, value), gain) in by_normal.iter_mut().zip(row.iter()).zip(gain) {
                *by_normal = value * gain;
            }
            let mean = match norm {
                Norm::Layer(_) => sum(&by_normal) / width as f32,
                Norm::Rms(_) => 0.0,
            };
            let slope = dot(&by_normal, normal) / width as f32;
            for ((value, by_normal), normal) in row.iter_mut().zip(&by_normal).zip(normal) {
                let by_gain = *value * *normal;
                *value = scale * (by_normal - mean - *normal * slope);
                *normal = by_gain;
            }
            if let Some(mask) = mask {
                mask.fill(first + index, &mut factors);
                let branch = &mut branch[index * width..(index + 1) * width];
                for ((branch, value), factor) in branch.iter_mut().zip(row.iter()).zip(&factors) {
                    *branch = value * factor;
                }
            }
        }
    }
}
