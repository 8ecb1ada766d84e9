//! Products and normalisations of rows with weights as checkpoints store them, and their derivatives.

use kernels::{
    Instructions, Matrix, Norm, NormTrace, Packed, Start, Threads, product, residual_norm_backward,
    residual_norm_forward, transposed_product,
};

use crate::training::parameters::{Parameters, Place};

/// `rows · weightᵀ + bias` with `weight` `[outputs, inputs]`.
pub(super) fn times(
    rows: &[f32],
    weight: &[f32],
    inputs: usize,
    outputs: usize,
    bias: Option<&[f32]>,
) -> Vec<f32> {
    let packed = Packed::new(Instructions::best(), Matrix::new(weight, inputs).transposed());
    let mut out = vec![0.0; rows.len() / inputs * outputs];
    let start = bias.map_or(Start::Zero, Start::Row);
    product(Threads::Pool, rows, &packed, start, &mut out, &mut [], |_, _, _| ());
    out
}

/// `gradient · weight`: the derivative by the rows of [`times`].
pub(super) fn times_back(gradient: &[f32], weight: &[f32], inputs: usize) -> Vec<f32> {
    let packed = Packed::new(Instructions::best(), Matrix::new(weight, inputs));
    let mut out = vec![0.0; gradient.len() / packed.inner() * inputs];
    product(Threads::Pool, gradient, &packed, Start::Zero, &mut out, &mut [], |_, _, _| ());
    out
}

/// The derivative by the weight of [`times`].
pub(super) fn by_weight(rows: &[f32], gradient: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    transposed_product(Instructions::best(), Matrix::new(gradient, outputs), Matrix::new(rows, inputs))
}

pub(super) fn normalised(norm: Norm, rows: Vec<f32>, gain: &[f32]) -> (Vec<f32>, NormTrace) {
    let nothing = vec![0.0; rows.len()];
    let shift = vec![0.0; gain.len()];
    residual_norm_forward(Instructions::best(), norm, rows, &nothing, gain, &shift, None)
}

pub(super) fn normalised_back(
    norm: Norm,
    parameters: &mut Parameters,
    gain: Place,
    trace: NormTrace,
    gradient: Vec<f32>,
) -> Vec<f32> {
    let found =
        residual_norm_backward(Instructions::best(), norm, trace, parameters.values(gain), None, gradient);
    parameters.accumulate(gain, &found.gain);
    found.residual
}

pub(super) fn columns(rows: &[f32], width: usize, first: usize, count: usize) -> Vec<f32> {
    rows.chunks(width).flat_map(|row| &row[first..first + count]).copied().collect()
}

pub(super) fn put_columns(part: &[f32], count: usize, rows: &mut [f32], width: usize, first: usize) {
    for (row, part) in rows.chunks_mut(width).zip(part.chunks(count)) {
        row[first..first + count].copy_from_slice(part);
    }
}

pub(super) fn add_to(values: &mut [f32], more: &[f32]) {
    for (value, more) in values.iter_mut().zip(more) {
        *value += more;
    }
}
