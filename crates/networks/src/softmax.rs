//! Softmax of scaled attention scores, with dropout of the weights.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::activation::exp;
use crate::dropout::Mask;
use crate::fused::{self, FusedOp};
use crate::sum::{dot, sum};

/// `dropout(softmax(scale * scores))` over the last dimension of `[batch, heads, length, length]`.
pub(crate) fn attention_weights(scores: Tensor<4>, scale: f32, mask: Option<Mask>) -> Tensor<4> {
    fused::apply(AttentionWeights { scale, mask }, [scores.into()])
}

#[derive(Debug, Clone)]
struct AttentionWeights {
    scale: f32,
    mask: Option<Mask>,
}

impl AttentionWeights {
    fn softmax(&self, row: &mut [f32]) {
        let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for value in row.iter_mut() {
            *value = exp((*value - highest) * self.scale);
        }
        let inverse = 1.0 / sum(row);
        for value in row.iter_mut() {
            *value *= inverse;
        }
    }

    /// Multiplies every row by its mask.
    fn drop_rows(&self, values: &mut [f32], width: usize) {
        let Some(mask) = self.mask else { return };
        values.par_chunks_mut(width).with_min_len(32).enumerate().for_each_init(
            || vec![0.0; width],
            |factors, (row, values)| {
                mask.fill(row, factors);
                for (value, factor) in values.iter_mut().zip(factors.iter()) {
                    *value *= factor;
                }
            },
        );
    }
}

impl FusedOp<1> for AttentionWeights {
    type Saved = Arc<Vec<f32>>;

    fn forward(&self, [scores]: [FlexTensor; 1], keep: bool) -> (FlexTensor, Option<Arc<Vec<f32>>>) {
        let shape = scores.layout().shape().dims::<4>();
        let scores = fused::contiguous(&scores);
        let mut weights = fused::values(&scores).to_vec();
        weights.par_chunks_mut(shape[3]).with_min_len(32).for_each(|row| self.softmax(row));
        let kept = keep.then(|| Arc::new(weights.clone()));
        self.drop_rows(&mut weights, shape[3]);
        (fused::from_values(weights, shape), kept)
    }

    fn backward(&self, weights: Arc<Vec<f32>>, gradient: FlexTensor) -> [FlexTensor; 1] {
        let shape = gradient.layout().shape().dims::<4>();
        let gradient = fused::contiguous(&gradient);
        let mut out = fused::values(&gradient).to_vec();
        self.drop_rows(&mut out, shape[3]);
        out.par_chunks_mut(shape[3]).with_min_len(32).zip(weights.par_chunks(shape[3])).for_each(
            |(row, weights)| {
                let mean = dot(row, weights);
                for (value, weight) in row.iter_mut().zip(weights) {
                    *value = self.scale * weight * (*value - mean);
                }
            },
        );
        [fused::from_values(out, shape)]
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::activation::softmax;
    use burn::tensor::{Device, TensorData};
    use market::Seed;

    use super::*;
    use crate::dropout::DropoutStream;

    #[test]
    fn values_and_gradients_agree_with_burns_graph() {
        let device = Device::flex().autodiff();
        let shape = [3, 2, 7, 7];
        let values = |speed: f32| -> Tensor<4> {
            let values: Vec<f32> = (0..294).map(|at| 3.0 * (at as f32 * speed).sin()).collect();
            Tensor::from_data(TensorData::new(values, shape), &device)
        };
        let scores = values(1.3).require_grad();
        let factor = values(0.7);
        let stream = DropoutStream { seed: Seed(5), epoch: 1, step: 2 };
        for mask in [None, stream.mask(0, 0.3)] {
            let mut factors = vec![1.0; 294];
            if let Some(mask) = mask {
                for (row, factors) in factors.chunks_mut(7).enumerate() {
                    mask.fill(row, factors);
                }
            }
            let masks = Tensor::<4>::from_data(TensorData::new(factors, shape), &device);
            let ours = attention_weights(scores.clone(), 0.4, mask);
            let theirs = softmax(scores.clone() * 0.4, 3) * masks;
            let by = |out: &Tensor<4>| {
                let gradients = (out.clone() * factor.clone()).sum().backward();
                scores.grad(&gradients).unwrap().into_data()
            };
            for (a, b) in [(by(&ours), by(&theirs)), (ours.clone().into_data(), theirs.clone().into_data())] {
                for (a, b) in a.iter::<f32>().zip(b.iter::<f32>()) {
                    assert!((a - b).abs() < 2e-6, "{a} for {b}");
                }
            }
        }
    }
}
