//! A linear map of rows.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use kernels::Activation;

use crate::initialise::Initialiser;

/// `x weight + bias` for rows `x`.
#[derive(Module, Debug)]
pub(crate) struct Linear {
    /// `[inputs, outputs]`.
    pub(crate) weight: Param<Tensor<2>>,
    /// `[outputs]`.
    pub(crate) bias: Param<Tensor<1>>,
}

impl Linear {
    /// Weights and bias uniform in `±1/√inputs`.
    pub(crate) fn new(inputs: usize, outputs: usize, weights: &mut Initialiser<'_>) -> Self {
        let bound = 1.0 / (inputs as f64).sqrt();
        Self { weight: weights.uniform([inputs, outputs], bound), bias: weights.uniform([outputs], bound) }
    }

    /// Weights uniform in `±bound`, bias 0.
    pub(crate) fn without_bias(
        inputs: usize,
        outputs: usize,
        bound: f64,
        weights: &mut Initialiser<'_>,
    ) -> Self {
        Self { weight: weights.uniform([inputs, outputs], bound), bias: weights.constant([outputs], 0.0) }
    }

    /// Maps `[rows, inputs]` to `[rows, outputs]`.
    pub(crate) fn forward(&self, rows: Tensor<2>) -> Tensor<2> {
        self.activated(rows, Activation::Identity)
    }

    /// The same followed by an activation.
    pub(crate) fn activated(&self, rows: Tensor<2>, activation: Activation) -> Tensor<2> {
        kernels::burn::linear(rows, self.weight.val(), self.bias.val(), activation)
    }
}
