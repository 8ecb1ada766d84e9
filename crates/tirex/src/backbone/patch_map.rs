//! The map from patches into the stream, and from the stream to patches: one hidden layer beside a straight line.

use kernels::{Instructions, Matrix, Packed, Start, Threads, product};

use crate::error::TirexError;
use crate::weights::Weights;

/// `W_o relu(W_h u + b_h) + b_o + W_r u + b_r`.
#[derive(Debug)]
pub(crate) struct PatchMap {
    hidden: Packed,
    hidden_bias: Vec<f32>,
    output: Packed,
    straight: Packed,
    /// Of output and straight line together.
    bias: Vec<f32>,
}

impl PatchMap {
    /// `sizes` are those of input, hidden layer and output.
    pub(crate) fn load(
        weights: &mut Weights,
        instructions: Instructions,
        name: &str,
        [inputs, hidden, outputs]: [usize; 3],
    ) -> Result<Self, TirexError> {
        let mut linear = |layer: &str, inputs: usize, outputs: usize| {
            let weight = weights.take(&format!("{name}.{layer}.weight"), &[outputs, inputs])?;
            let bias = weights.take(&format!("{name}.{layer}.bias"), &[outputs])?;
            Ok::<_, TirexError>((transposed(instructions, &weight, inputs), bias))
        };
        let (hidden_weight, hidden_bias) = linear("hidden_layer", inputs, hidden)?;
        let (output, output_bias) = linear("output_layer", hidden, outputs)?;
        let (straight, straight_bias) = linear("residual_layer", inputs, outputs)?;
        let bias = output_bias.iter().zip(&straight_bias).map(|(one, other)| one + other).collect();
        Ok(Self { hidden: hidden_weight, hidden_bias, output, straight, bias })
    }

    /// Maps each row.
    pub(crate) fn run(&self, rows: &[f32]) -> Vec<f32> {
        let n = rows.len() / self.hidden.inner();
        let mut hidden = vec![0.0; n * self.hidden.columns()];
        let start = Start::Row(&self.hidden_bias);
        product(Threads::Pool, rows, &self.hidden, start, &mut hidden, &mut [], |_, values, _| {
            for value in values {
                *value = value.max(0.0);
            }
        });
        let mut out = vec![0.0; n * self.bias.len()];
        product(Threads::Pool, rows, &self.straight, Start::Row(&self.bias), &mut out, &mut [], |_, _, _| ());
        product(Threads::Pool, &hidden, &self.output, Start::Out, &mut out, &mut [], |_, _, _| ());
        out
    }
}

/// A weight as checkpoints store it, `[outputs, inputs]`, ready for products.
pub(crate) fn transposed(instructions: Instructions, weight: &[f32], inputs: usize) -> Packed {
    Packed::new(instructions, Matrix::new(weight, inputs).transposed())
}
