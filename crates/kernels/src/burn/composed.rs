//! The same operations composed from Burn's own: for other devices, and what the fused ones are checked
//! against. Dropout masks are the same numbers.

#![allow(
    clippy::needless_pass_by_value,
    reason = "the same signatures as the fused operations, as Burn has them"
)]

use burn::tensor::activation::{gelu, log_softmax, sigmoid, silu, softmax, tanh};
use burn::tensor::{Device, Tensor, TensorData};

use super::AttentionConfig;
use crate::{Activation, DropoutMask, Norm};

/// The factors of a mask over rows, as a tensor.
fn factors<const D: usize>(mask: DropoutMask, shape: [usize; D], device: &Device) -> Tensor<D> {
    let mut values = vec![0.0; shape.iter().product()];
    for (row, factors) in values.chunks_mut(shape[D - 1]).enumerate() {
        mask.fill(row, factors);
    }
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// See [`super::dropout`].
pub fn dropout(rows: Tensor<2>, mask: Option<DropoutMask>) -> Tensor<2> {
    match mask {
        Some(mask) => {
            let factors = factors(mask, rows.dims(), &rows.device());
            rows * factors
        }
        None => rows,
    }
}

/// See [`super::linear`].
pub fn linear(rows: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, activation: Activation) -> Tensor<2> {
    let sums = rows.matmul(weight) + bias.unsqueeze();
    match activation {
        Activation::Identity => sums,
        Activation::Gelu(mask) => dropout(gelu(sums), mask),
        Activation::SiluGated => {
            let width = sums.dims()[1] / 2;
            silu(sums.clone().narrow(1, 0, width)) * sums.narrow(1, width, width)
        }
    }
}

/// See [`super::lstm`].
pub fn lstm(
    rows: Tensor<2>,
    input_weight: Tensor<2>,
    recurrent_weight: Tensor<2>,
    bias: Tensor<1>,
    batch: usize,
) -> Tensor<2> {
    let h = recurrent_weight.dims()[0];
    let steps = rows.dims()[0] / batch;
    let projected = rows.matmul(input_weight) + bias.unsqueeze();
    let mut state = Tensor::<2>::zeros([batch, h], &projected.device());
    let mut hidden = state.clone();
    let mut outputs = Vec::with_capacity(steps);
    for step in 0..steps {
        let inputs = projected.clone().narrow(0, step * batch, batch);
        let gates = inputs + hidden.matmul(recurrent_weight.clone());
        let [i, f, g, o] = [0, 1, 2, 3].map(|gate| gates.clone().narrow(1, gate * h, h));
        state = sigmoid(f) * state + sigmoid(i) * tanh(g);
        hidden = sigmoid(o) * tanh(state.clone());
        outputs.push(hidden.clone());
    }
    Tensor::cat(outputs, 0)
}

/// See [`super::slstm`].
pub fn slstm(projected: Tensor<2>, recurrent: Tensor<3>, batch: usize) -> Tensor<2> {
    let [heads, d, _] = recurrent.dims();
    let steps = projected.dims()[0] / batch;
    // States are [heads, batch, d].
    let zeros = Tensor::<3>::zeros([heads, batch, d], &projected.device());
    let [mut hidden, mut cell, mut normaliser, mut stabiliser] = [(); 4].map(|()| zeros.clone());
    let mut outputs = Vec::with_capacity(steps);
    for step in 0..steps {
        let inputs: Tensor<3> =
            projected.clone().narrow(0, step * batch, batch).reshape([batch, heads, 4 * d]).swap_dims(0, 1);
        let gates = inputs + hidden.matmul(recurrent.clone());
        let [i, f, z, o] = [0, 1, 2, 3].map(|gate| gates.clone().narrow(2, gate * d, d));
        let f = f.clamp_max(15.0);
        // ln σ(f) = min(f, 0) - ln(1 + e^-|f|)
        let log = stabiliser + f.clone().clamp_max(0.0) - f.abs().neg().exp().log1p();
        stabiliser = if step == 0 { i.clone() } else { i.clone().max_pair(log.clone()) };
        let input = (i - stabiliser.clone()).exp();
        let forget = (log - stabiliser.clone()).exp();
        cell = forget.clone() * cell + input.clone() * tanh(z);
        normaliser = forget * normaliser + input;
        hidden = sigmoid(o) * cell.clone() / normaliser.clone();
        outputs.push(hidden.clone().swap_dims(0, 1).reshape([batch, heads * d]));
    }
    Tensor::cat(outputs, 0)
}

/// See [`super::attention`].
pub fn attention(packed: Tensor<2>, config: &AttentionConfig) -> Tensor<2> {
    let [rows, columns] = packed.dims();
    let (width, length, heads) = (columns / 3, config.length, config.heads);
    let (batch, size) = (rows / length, width / heads);
    let part = |which: usize| -> Tensor<4> {
        packed.clone().narrow(1, which * width, width).reshape([batch, length, heads, size]).swap_dims(1, 2)
    };
    let mut scores = part(0).matmul(part(1).swap_dims(2, 3)) * config.scale;
    if let Some(mask) = &config.mask {
        let mask = TensorData::new(mask.to_vec(), [1, 1, length, length]);
        scores = scores + Tensor::from_data(mask, &packed.device());
    }
    let mut weights = softmax(scores, 3);
    if let Some(mask) = config.dropout {
        weights = weights * factors(mask, [batch, heads, length, length], &packed.device());
    }
    weights.matmul(part(2)).swap_dims(1, 2).reshape([rows, width])
}

/// See [`super::residual_norm`].
pub fn residual_norm(
    norm: Norm,
    residual: Tensor<2>,
    branch: Tensor<2>,
    gain: Tensor<1>,
    shift: Tensor<1>,
    mask: Option<DropoutMask>,
) -> Tensor<2> {
    let sum = residual + dropout(branch, mask);
    let (centred, epsilon) = match norm {
        Norm::Layer(epsilon) => (sum.clone() - sum.mean_dim(1), epsilon),
        Norm::Rms(epsilon) => (sum, epsilon),
    };
    let square = (centred.clone() * centred.clone()).mean_dim(1);
    centred / (square + epsilon).sqrt() * gain.unsqueeze() + shift.unsqueeze()
}

/// See [`super::cross_entropy`].
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    let rows = logits.dims()[0] as f32;
    (log_softmax(logits, 1) * targets).sum() / -rows
}
