//! Multi-head attention.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use super::composed;
use super::operation::{self, Input, Operation, apply, contiguous, shape, values};
use crate::{Attention, DropoutMask, Instructions, Threads};

/// Sizes of an attention and what changes its weights, as in [`Attention`].
#[derive(Debug, Clone)]
pub struct AttentionConfig {
    /// Heads; they divide the width.
    pub heads: usize,
    /// Rows of a window.
    pub length: usize,
    /// What scores are multiplied by, usually one over the root of a head's width.
    pub scale: f32,
    /// Added to the scaled scores, `[length, length]` by query and key; `-inf` forbids.
    pub mask: Option<Arc<Vec<f32>>>,
    /// Drops weights.
    pub dropout: Option<DropoutMask>,
}

impl AttentionConfig {
    fn plain(&self) -> Attention<'_> {
        Attention {
            heads: self.heads,
            length: self.length,
            scale: self.scale,
            mask: self.mask.as_ref().map(|mask| mask.as_slice()),
            dropout: self.dropout,
        }
    }
}

/// Attended values `[rows, width]` of packed queries, keys and values `[rows, 3 * width]`, ordered by
/// window and then by time.
pub fn attention(packed: Tensor<2>, config: AttentionConfig) -> Tensor<2> {
    match Input::new(&packed) {
        Some(input) => apply(config, [input]),
        None => composed::attention(packed, &config),
    }
}

impl Operation<1> for AttentionConfig {
    type Saved = FlexTensor;

    fn forward(&self, [packed]: [FlexTensor; 1], keep: bool) -> (FlexTensor, Option<Self::Saved>) {
        let packed = contiguous(packed);
        let [rows, columns] = shape::<2>(&packed);
        let width = columns / 3;
        let mut out = vec![0.0; rows * width];
        self.plain().forward(Instructions::best(), Threads::Pool, values(&packed), width, &mut out);
        (operation::tensor(out, [rows, width]), keep.then_some(packed))
    }

    fn backward(
        &self,
        packed: Self::Saved,
        gradient: FlexTensor,
        _wanted: [bool; 1],
    ) -> [Option<FlexTensor>; 1] {
        let gradient = contiguous(gradient);
        let [rows, width] = shape::<2>(&gradient);
        let by = self.plain().backward(Instructions::best(), values(&packed), values(&gradient), width);
        [Some(operation::tensor(by, [rows, 3 * width]))]
    }
}
