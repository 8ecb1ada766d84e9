//! A linear map made ready.

use burn::tensor::Tensor;
use kernels::{Matrix, Packed, Threads};

use super::instructions;
use crate::linear::Linear;

/// `rows · weight + bias` with packed weights.
#[derive(Debug)]
pub(crate) struct PackedLinear {
    pub(crate) weight: Packed,
    pub(crate) bias: Vec<f32>,
}

impl PackedLinear {
    pub(crate) fn new(linear: &Linear) -> Self {
        Self { weight: packed(linear.weight.val()), bias: values(linear.bias.val()) }
    }

    /// Outputs.
    pub(crate) fn width(&self) -> usize {
        self.bias.len()
    }

    pub(crate) fn run(&self, threads: Threads, rows: &[f32], with_gelu: bool, out: &mut [f32]) {
        kernels::linear(instructions(), threads, rows, &self.weight, &self.bias, with_gelu, out);
    }
}

/// Weights ready for products.
pub(super) fn packed(weight: Tensor<2>) -> Packed {
    let columns = weight.dims()[1];
    Packed::new(instructions(), Matrix::new(&values(weight), columns))
}

/// The values of a weight.
pub(super) fn values<const D: usize>(weight: Tensor<D>) -> Vec<f32> {
    weight.into_data().iter::<f32>().collect()
}
