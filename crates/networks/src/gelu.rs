//! Bias, GELU and dropout of the feed-forward layer as one operation.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::activation::gelu;
use crate::dropout::Mask;
use crate::fused::{self, FusedOp};
use crate::sum::column_sums;

/// `dropout(gelu(rows + bias))`, with the exact (error function) GELU.
pub(crate) fn bias_gelu_dropout(rows: Tensor<2>, bias: Tensor<1>, mask: Option<Mask>) -> Tensor<2> {
    fused::apply(BiasGelu(mask), [rows.into(), bias.into()])
}

#[derive(Debug, Clone)]
struct BiasGelu(Option<Mask>);

impl FusedOp<2> for BiasGelu {
    /// Slope of the output by the input, mask included.
    type Saved = Arc<Vec<f32>>;

    fn forward(&self, [rows, bias]: [FlexTensor; 2], keep: bool) -> (FlexTensor, Option<Arc<Vec<f32>>>) {
        let shape = rows.layout().shape().dims::<2>();
        let width = shape[1];
        let rows = fused::contiguous(&rows);
        let bias = fused::contiguous(&bias);
        let bias = fused::values(&bias);
        let mut out = fused::values(&rows).to_vec();
        if !keep {
            out.par_chunks_mut(width).with_min_len(8).for_each(|row| {
                for (value, bias) in row.iter_mut().zip(bias) {
                    *value = gelu(*value + bias).0;
                }
            });
            return (fused::from_values(out, shape), None);
        }
        let mut slopes = vec![0.0; out.len()];
        out.par_chunks_mut(width)
            .zip(slopes.par_chunks_mut(width))
            .with_min_len(8)
            .enumerate()
            .for_each_init(
                || vec![1.0; width],
                |factors, (index, (row, slopes))| {
                    if let Some(mask) = self.0 {
                        mask.fill(index, factors);
                    }
                    for (((value, slope), bias), factor) in
                        row.iter_mut().zip(slopes).zip(bias).zip(factors.iter())
                    {
                        let (activated, by_input) = gelu(*value + bias);
                        *value = activated * factor;
                        *slope = by_input * factor;
                    }
                },
            );
        (fused::from_values(out, shape), Some(Arc::new(slopes)))
    }

    fn backward(&self, slopes: Arc<Vec<f32>>, gradient: FlexTensor) -> [FlexTensor; 2] {
        let shape = gradient.layout().shape().dims::<2>();
        let gradient = fused::contiguous(&gradient);
        let mut out = fused::values(&gradient).to_vec();
        out.par_chunks_mut(shape[1]).zip(slopes.par_chunks(shape[1])).with_min_len(8).for_each(
            |(row, slopes)| {
                for (value, slope) in row.iter_mut().zip(slopes) {
                    *value *= slope;
                }
            },
        );
        let by_bias = column_sums(&out, shape[1]);
        [fused::from_values(out, shape), fused::from_values(by_bias, [shape[1]])]
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::activation::gelu;
    use burn::tensor::{Device, TensorData};
    use market::Seed;

    use super::*;
    use crate::dropout::DropoutStream;

    #[test]
    fn values_and_gradients_agree_with_burns_graph() {
        let device = Device::flex().autodiff();
        let values: Vec<f32> = (0..77).map(|at| 3.0 * (at as f32 * 1.3).sin()).collect();
        let rows = Tensor::<2>::from_data(TensorData::new(values, [7, 11]), &device).require_grad();
        let values: Vec<f32> = (0..11).map(|at| (at as f32 * 0.9).cos()).collect();
        let bias = Tensor::<1>::from_data(TensorData::new(values, [11]), &device).require_grad();
        let mask = DropoutStream { seed: Seed(5), epoch: 1, step: 2 }.mask(0, 0.3).unwrap();
        let mut factors = vec![1.0; 77];
        for (row, factors) in factors.chunks_mut(11).enumerate() {
            mask.fill(row, factors);
        }
        let masks = Tensor::<2>::from_data(TensorData::new(factors, [7, 11]), &device);
        let ours = bias_gelu_dropout(rows.clone(), bias.clone(), Some(mask));
        let theirs = gelu(rows.clone() + bias.clone().unsqueeze()) * masks;
        let undropped = bias_gelu_dropout(rows.clone().inner(), bias.clone().inner(), None);
        let expected = gelu(rows.clone().inner() + bias.clone().inner().unsqueeze());
        let (ours_by, theirs_by) = (
            (ours.clone() * ours.clone()).sum().backward(),
            (theirs.clone() * theirs.clone()).sum().backward(),
        );
        for (a, b) in [
            (undropped.into_data(), expected.into_data()),
            (ours.into_data(), theirs.into_data()),
            (rows.grad(&ours_by).unwrap().into_data(), rows.grad(&theirs_by).unwrap().into_data()),
            (bias.grad(&ours_by).unwrap().into_data(), bias.grad(&theirs_by).unwrap().into_data()),
        ] {
            for (a, b) in a.iter::<f32>().zip(b.iter::<f32>()) {
                assert!((a - b).abs() < 1e-5, "{a} for {b}");
            }
        }
    }
}
