//! Dropout, residual connection and layer normalisation as one operation.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::dropout::Mask;
use crate::fused::{self, FusedOp};
use crate::sum::{column_sums, dot, sum};

/// Added to the variance, as in `PyTorch`.
const EPSILON: f32 = 1e-5;

/// `normalise(residual + dropout(branch)) * gain + shift` per row; gain and shift are `[width]`.
pub(crate) fn residual_norm(
    residual: Tensor<2>,
    branch: Tensor<2>,
    gain: Tensor<1>,
    shift: Tensor<1>,
    mask: Option<Mask>,
) -> Tensor<2> {
    fused::apply(ResidualNorm(mask), [residual.into(), branch.into(), gain.into(), shift.into()])
}

#[derive(Debug, Clone)]
struct ResidualNorm(Option<Mask>);

#[derive(Debug)]
struct Trace {
    gain: FlexTensor,
    /// Rows of mean 0 and variance 1, before gain and shift.
    normal: Vec<f32>,
    /// One over the standard deviation of each row.
    inverse: Vec<f32>,
}

impl FusedOp<4> for ResidualNorm {
    type Saved = Arc<Trace>;

    fn forward(
        &self,
        [residual, branch, gain, shift]: [FlexTensor; 4],
        keep: bool,
    ) -> (FlexTensor, Option<Arc<Trace>>) {
        let shape = residual.layout().shape().dims::<2>();
        let [rows, width] = shape;
        let [residual, branch, gain, shift] =
            [residual, branch, gain, shift].map(|tensor| fused::contiguous(&tensor));
        let (gains, shifts) = (fused::values(&gain), fused::values(&shift));
        let mut normal = fused::values(&residual).to_vec();
        let mut out = vec![0.0; rows * width];
        let mut inverse = vec![0.0; rows];
        normal
            .par_chunks_mut(width)
            .zip(fused::values(&branch).par_chunks(width))
            .zip(out.par_chunks_mut(width))
            .zip(&mut inverse)
            .with_min_len(16)
            .enumerate()
            .for_each_init(
                || vec![1.0; width],
                |factors, (index, (((row, branch), out), inverse))| {
                    if let Some(mask) = self.0 {
                        mask.fill(index, factors);
                    }
                    for ((value, branch), factor) in row.iter_mut().zip(branch).zip(factors.iter()) {
                        *value += branch * factor;
                    }
                    let mean = sum(row) / width as f32;
                    for value in row.iter_mut() {
                        *value -= mean;
                    }
                    *inverse = 1.0 / (dot(row, row) / width as f32 + EPSILON).sqrt();
                    for (((value, out), gain), shift) in row.iter_mut().zip(out).zip(gains).zip(shifts) {
                        *value *= *inverse;
                        *out = *value * gain + shift;
                    }
                },
            );
        let trace = keep.then(|| Arc::new(Trace { gain: gain.clone(), normal, inverse }));
        (fused::from_values(out, shape), trace)
    }

    fn backward(&self, trace: Arc<Trace>, gradient: FlexTensor) -> [FlexTensor; 4] {
        let shape = gradient.layout().shape().dims::<2>();
        let width = shape[1];
        let gradient = fused::contiguous(&gradient);
        let gradients = fused::values(&gradient);
        let gains = fused::values(&trace.gain);
        let mut by_residual = gradients.to_vec();
        let mut by_branch = vec![0.0; gradients.len()];
        let mut by_gain = vec![0.0; gradients.len()];
        by_residual
            .par_chunks_mut(width)
            .zip(by_branch.par_chunks_mut(width))
            .zip(by_gain.par_chunks_mut(width))
            .zip(trace.normal.par_chunks(width))
            .zip(&trace.inverse)
            .with_min_len(16)
            .enumerate()
            .for_each_init(
                || vec![1.0; width],
                |factors, (index, ((((row, branch), by_gain), normal), inverse))| {
                    if let Some(mask) = self.0 {
                        mask.fill(index, factors);
                    }
                    for (((value, by_gain), normal), gain) in
                        row.iter_mut().zip(by_gain).zip(normal).zip(gains)
                    {
                        *by_gain = *value * normal;
                        *value *= gain;
                    }
                    let mean = sum(row) / width as f32;
                    let slope = dot(row, normal) / width as f32;
                    for (((value, branch), normal), factor) in
                        row.iter_mut().zip(branch).zip(normal).zip(factors.iter())
                    {
                        *value = inverse * (*value - mean - normal * slope);
                        *branch = *value * factor;
                    }
                },
            );
        let by_gain = column_sums(&by_gain, width);
        let by_shift = column_sums(gradients, width);
        [
            fused::from_values(by_residual, shape),
            fused::from_values(by_branch, shape),
            fused::from_values(by_gain, [width]),
            fused::from_values(by_shift, [width]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};
    use market::Seed;

    use super::*;
    use crate::dropout::DropoutStream;

    #[test]
    fn values_and_gradients_agree_with_burns_graph() {
        let device = Device::flex().autodiff();
        let values =
            |n: usize, speed: f32| -> Vec<f32> { (0..n).map(|at| 2.0 * (at as f32 * speed).sin()).collect() };
        let matrix = |speed| {
            Tensor::<2>::from_data(TensorData::new(values(77, speed), [7, 11]), &device).require_grad()
        };
        let vector =
            |speed| Tensor::<1>::from_data(TensorData::new(values(11, speed), [11]), &device).require_grad();
        let (residual, branch, gain, shift) = (matrix(1.3), matrix(0.7), vector(0.9), vector(0.4));
        let mask = DropoutStream { seed: Seed(5), epoch: 1, step: 2 }.mask(0, 0.3).unwrap();
        let mut factors = vec![1.0; 77];
        for (row, factors) in factors.chunks_mut(11).enumerate() {
            mask.fill(row, factors);
        }
        let masks = Tensor::<2>::from_data(TensorData::new(factors, [7, 11]), &device);
        let ours = residual_norm(residual.clone(), branch.clone(), gain.clone(), shift.clone(), Some(mask));
        let sum = residual.clone() + branch.clone() * masks;
        let centred = sum.clone() - sum.mean_dim(1);
        let variance = (centred.clone() * centred.clone()).mean_dim(1);
        let theirs =
            centred / (variance + EPSILON).sqrt() * gain.clone().unsqueeze() + shift.clone().unsqueeze();
        let factor = matrix(0.35).inner().autodiff();
        let ours_by = (ours.clone() * factor.clone()).sum().backward();
        let theirs_by = (theirs.clone() * factor).sum().backward();
        let mut pairs = vec![(ours.into_data(), theirs.into_data())];
        for tensor in [&residual, &branch] {
            pairs.push((
                tensor.grad(&ours_by).unwrap().into_data(),
                tensor.grad(&theirs_by).unwrap().into_data(),
            ));
        }
        for tensor in [&gain, &shift] {
            pairs.push((
                tensor.grad(&ours_by).unwrap().into_data(),
                tensor.grad(&theirs_by).unwrap().into_data(),
            ));
        }
        for (a, b) in pairs {
            for (a, b) in a.iter::<f32>().zip(b.iter::<f32>()) {
                assert!((a - b).abs() < 1e-5, "{a} for {b}");
            }
        }
    }
}
