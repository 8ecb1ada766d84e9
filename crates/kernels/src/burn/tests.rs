//! Fused operations against the same composed from Burn's own: values and gradients by every input.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

use super::{AttentionConfig, composed};
use crate::testing::{close, values};
use crate::{Activation, DropoutMask, Norm};

fn tensor<const D: usize>(shape: [usize; D], which: u64) -> Tensor<D> {
    let values = values(shape.iter().product(), which);
    Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff()).require_grad()
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// A result, and its gradients by inputs of rank 1 to 3 under a fixed weighted sum.
fn with_gradients(
    out: Tensor<2>,
    matrices: &[&Tensor<2>],
    vectors: &[&Tensor<1>],
    cubes: &[&Tensor<3>],
) -> Vec<Vec<f32>> {
    let weights = tensor(out.dims(), 99).inner().autodiff();
    let gradients = (out.clone() * weights).sum().backward();
    let mut found = vec![numbers(out)];
    found.extend(matrices.iter().map(|input| numbers(input.grad(&gradients).unwrap())));
    found.extend(vectors.iter().map(|input| numbers(input.grad(&gradients).unwrap())));
    found.extend(cubes.iter().map(|input| numbers(input.grad(&gradients).unwrap())));
    found
}

#[track_caller]
fn alike(fused: &[Vec<f32>], composed: &[Vec<f32>]) {
    assert_eq!(fused.len(), composed.len());
    for (fused, composed) in fused.iter().zip(composed) {
        let expected: Vec<f64> = composed.iter().map(|value| f64::from(*value)).collect();
        close(fused, &expected, 5e-6);
    }
}

#[test]
fn linear() {
    let (rows, weight, bias) = (tensor([7, 5], 1), tensor([5, 34], 2), tensor([34], 3));
    for activation in [
        Activation::Identity,
        Activation::Gelu(None),
        Activation::Gelu(DropoutMask::new(4, 0.3)),
        Activation::SiluGated,
    ] {
        let run = |linear: fn(Tensor<2>, Tensor<2>, Tensor<1>, Activation) -> Tensor<2>| {
            let out = linear(rows.clone(), weight.clone(), bias.clone(), activation);
            with_gradients(out, &[&rows, &weight], &[&bias], &[])
        };
        alike(&run(super::linear), &run(composed::linear));
    }
}

#[test]
fn lstm() {
    let (rows, input, recurrent, bias) =
        (tensor([12, 5], 1), tensor([5, 28], 2), tensor([7, 28], 3), tensor([28], 4));
    let run = |lstm: fn(Tensor<2>, Tensor<2>, Tensor<2>, Tensor<1>, usize) -> Tensor<2>| {
        let out = lstm(rows.clone(), input.clone(), recurrent.clone(), bias.clone(), 3);
        with_gradients(out, &[&rows, &input, &recurrent], &[&bias], &[])
    };
    alike(&run(super::lstm), &run(composed::lstm));
}

#[test]
fn slstm() {
    let (projected, recurrent) = (tensor([12, 40], 1), tensor([2, 5, 20], 2));
    let run = |slstm: fn(Tensor<2>, Tensor<3>, usize) -> Tensor<2>| {
        with_gradients(slstm(projected.clone(), recurrent.clone(), 3), &[&projected], &[], &[&recurrent])
    };
    alike(&run(super::slstm), &run(composed::slstm));
}

#[test]
fn attention() {
    let packed = tensor([14, 18], 1);
    let causal = (0..49).map(|at| if at % 7 > at / 7 { f32::NEG_INFINITY } else { 0.0 }).collect();
    let config = AttentionConfig {
        heads: 2,
        length: 7,
        scale: 0.6,
        mask: Some(Arc::new(causal)),
        dropout: DropoutMask::new(8, 0.3),
    };
    let fused = with_gradients(super::attention(packed.clone(), config.clone()), &[&packed], &[], &[]);
    let graph = with_gradients(composed::attention(packed.clone(), &config), &[&packed], &[], &[]);
    alike(&fused, &graph);
}

#[test]
fn residual_norm() {
    let (residual, branch, gain, shift) =
        (tensor([9, 11], 1), tensor([9, 11], 2), tensor([11], 3), tensor([11], 4));
    for norm in [Norm::Layer(1e-5), Norm::Rms(1e-6)] {
        for mask in [None, DropoutMask::new(5, 0.2)] {
            let run = |function: fn(
                Norm,
                Tensor<2>,
                Tensor<2>,
                Tensor<1>,
                Tensor<1>,
                Option<DropoutMask>,
            ) -> Tensor<2>| {
                let out = function(norm, residual.clone(), branch.clone(), gain.clone(), shift.clone(), mask);
                with_gradients(out, &[&residual, &branch], &[&gain, &shift], &[])
            };
            alike(&run(super::residual_norm), &run(composed::residual_norm));
        }
    }
}

#[test]
fn dropout_and_cross_entropy() {
    let rows = tensor([9, 5], 1);
    let mask = DropoutMask::new(6, 0.4);
    let fused = with_gradients(super::dropout(rows.clone(), mask), &[&rows], &[], &[]);
    alike(&fused, &with_gradients(composed::dropout(rows.clone(), mask), &[&rows], &[], &[]));
    let targets = Tensor::<2>::from_data(TensorData::new(vec![0.2_f32; 45], [9, 5]), &rows.device());
    let run = |function: fn(Tensor<2>, Tensor<2>) -> Tensor<1>| {
        with_gradients(function(rows.clone(), targets.clone()).unsqueeze(), &[&rows], &[], &[])
    };
    alike(&run(super::cross_entropy), &run(composed::cross_entropy));
}

#[test]
fn an_operation_without_gradients_is_the_same() {
    let (rows, weight, bias) = (tensor([7, 5], 1), tensor([5, 9], 2), tensor([9], 3));
    let tracked = super::linear(rows.clone(), weight.clone(), bias.clone(), Activation::Gelu(None));
    let plain = super::linear(rows.inner(), weight.inner(), bias.inner(), Activation::Gelu(None));
    assert_eq!(numbers(tracked)[..], numbers(plain)[..]);
}
