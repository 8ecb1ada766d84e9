//! Multi-head self-attention over the rows of each window.

use burn::module::Module;
use burn::tensor::Tensor;
use kernels::DropoutMask;
use kernels::burn::{AttentionConfig, attention};

use crate::initialise::Initialiser;
use crate::linear::Linear;

/// Self-attention as `PyTorch`'s `MultiheadAttention`.
#[derive(Module, Debug)]
pub(crate) struct SelfAttention {
    /// Queries, keys and values side by side: `[width, 3 * width]`.
    pub(crate) input: Linear,
    pub(crate) output: Linear,
    #[module(skip)]
    pub(crate) heads: usize,
}

impl SelfAttention {
    pub(crate) fn new(width: usize, heads: usize, weights: &mut Initialiser<'_>) -> Self {
        // Xavier bound of the whole [width, 3 * width] matrix.
        let bound = (6.0 / (4 * width) as f64).sqrt();
        let input = Linear::without_bias(width, 3 * width, bound, weights);
        let output = Linear::without_bias(width, width, 1.0 / (width as f64).sqrt(), weights);
        Self { input, output, heads }
    }

    /// Maps rows `[batch * length, width]`, ordered by window and then time, to the same shape. `mask`
    /// drops attention weights.
    pub(crate) fn forward(&self, rows: Tensor<2>, length: usize, mask: Option<DropoutMask>) -> Tensor<2> {
        let size = rows.dims()[1] / self.heads;
        let config = AttentionConfig {
            heads: self.heads,
            length,
            scale: 1.0 / (size as f32).sqrt(),
            mask: None,
            dropout: mask,
        };
        self.output.forward(attention(self.input.forward(rows), config))
    }
}
