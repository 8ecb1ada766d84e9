//! Multi-head self-attention over the rows of each window.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::dropout::Mask;
use crate::initialise::Initialiser;
use crate::linear::Linear;
use crate::softmax::attention_weights;

/// Self-attention as `PyTorch`'s `MultiheadAttention`, with the three input maps as tensors of their own.
#[derive(Module, Debug)]
pub(crate) struct SelfAttention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    #[module(skip)]
    heads: usize,
}

impl SelfAttention {
    pub(crate) fn new(width: usize, heads: usize, weights: &mut Initialiser<'_>) -> Self {
        // Xavier bound of the stacked [3 * width, width] matrix.
        let bound = (6.0 / (4 * width) as f64).sqrt();
        let mut input = || Linear::without_bias(width, width, bound, weights);
        let [query, key, value] = [input(), input(), input()];
        let output = Linear::without_bias(width, width, 1.0 / (width as f64).sqrt(), weights);
        Self { query, key, value, output, heads }
    }

    /// Maps rows `[batch * length, width]`, ordered by window and then time, to the same shape. `mask`
    /// drops attention weights.
    pub(crate) fn forward(&self, rows: Tensor<2>, batch: usize, mask: Option<Mask>) -> Tensor<2> {
        let [n_rows, width] = rows.dims();
        let (length, size) = (n_rows / batch, width / self.heads);
        let by_head = |rows: Tensor<2>| -> Tensor<4> {
            rows.reshape([batch, length, self.heads, size]).swap_dims(1, 2)
        };
        let query = by_head(self.query.forward(rows.clone()));
        let key = by_head(self.key.forward(rows.clone()));
        let value = by_head(self.value.forward(rows));
        let scores = query.matmul(key.swap_dims(2, 3));
        let weights = attention_weights(scores, 1.0 / (size as f32).sqrt(), mask);
        let mixed = weights.matmul(value);
        self.output.forward(mixed.swap_dims(1, 2).reshape([n_rows, width]))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use burn::tensor::activation::softmax;

    use super::*;

    /// The same from Burn's own operations, for rows ordered by window and then time.
    pub(crate) fn stock(attention: &SelfAttention, rows: &Tensor<2>, batch: usize) -> Tensor<2> {
        let [n_rows, width] = rows.dims();
        let (length, size) = (n_rows / batch, width / attention.heads);
        let [query, key, value] = [&attention.query, &attention.key, &attention.value]
            .map(|map| map.forward(rows.clone()).reshape([batch, length, width]));
        let heads = (0..attention.heads)
            .map(|head| {
                let part = |rows: &Tensor<3>| rows.clone().narrow(2, head * size, size);
                let scores = part(&query).matmul(part(&key).transpose()) / (size as f32).sqrt();
                softmax(scores, 2).matmul(part(&value))
            })
            .collect();
        let mixed: Tensor<3> = Tensor::cat(heads, 2);
        attention.output.forward(mixed.reshape([n_rows, width]))
    }
}
