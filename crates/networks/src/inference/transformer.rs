//! The Transformer made ready.

use kernels::{Threads, residual_norm};

use super::lstm_attention::{attention, mean_over_time};
use super::packed_linear::values;
use super::{Memory, PackedLinear, Plan, instructions, sized};
use crate::transformer::{EncoderLayer, LAYER_NORM, Norm, Transformer};

#[derive(Debug)]
struct PlainNorm {
    gain: Vec<f32>,
    shift: Vec<f32>,
}

impl PlainNorm {
    fn new(norm: &Norm) -> Self {
        Self { gain: values(norm.gain.val()), shift: values(norm.shift.val()) }
    }

    fn run(&self, rows: &mut [f32], branch: &[f32]) {
        residual_norm(instructions(), LAYER_NORM, rows, branch, &self.gain, &self.shift);
    }
}

#[derive(Debug)]
struct Layer {
    attention_input: PackedLinear,
    attention_output: PackedLinear,
    attention_norm: PlainNorm,
    widen: PackedLinear,
    narrow: PackedLinear,
    feed_forward_norm: PlainNorm,
}

impl Layer {
    fn new(layer: &EncoderLayer) -> Self {
        Self {
            attention_input: PackedLinear::new(&layer.attention.input),
            attention_output: PackedLinear::new(&layer.attention.output),
            attention_norm: PlainNorm::new(&layer.attention_norm),
            widen: PackedLinear::new(&layer.widen),
            narrow: PackedLinear::new(&layer.narrow),
            feed_forward_norm: PlainNorm::new(&layer.feed_forward_norm),
        }
    }
}

/// Packed weights of a [`Transformer`].
#[derive(Debug)]
pub(crate) struct TransformerPlan {
    input: PackedLinear,
    positions: Vec<f32>,
    layers: Vec<Layer>,
    head: PackedLinear,
    heads: usize,
    length: usize,
}

impl TransformerPlan {
    pub(crate) fn new(network: &Transformer, length: usize) -> Self {
        Self {
            input: PackedLinear::new(&network.input),
            positions: values(network.positions.val()),
            layers: network.encoder.iter().map(Layer::new).collect(),
            head: PackedLinear::new(&network.head),
            heads: network.encoder[0].attention.heads,
            length,
        }
    }
}

impl Plan for TransformerPlan {
    fn heads(&self) -> usize {
        self.heads
    }

    fn logits(
        &self,
        threads: Threads,
        windows: &[f32],
        memory: &mut Memory,
        out: &mut [f32],
        mut attended: Option<&mut Vec<f32>>,
    ) {
        let batch = out.len() / self.head.width();
        let (length, width) = (self.length, self.input.width());
        let n_rows = batch * length;
        let [rows, mixed, branch, wide] = &mut memory.rows;
        let rows = sized(rows, n_rows * width);
        self.input.run(threads, windows, false, rows);
        for window in rows.chunks_mut(length * width) {
            for (value, position) in window.iter_mut().zip(&self.positions) {
                *value += position;
            }
        }
        let mixed = sized(mixed, n_rows * width);
        let branch = sized(branch, n_rows * width);
        for layer in &self.layers {
            let packed = sized(wide, n_rows * 3 * width);
            layer.attention_input.run(threads, rows, false, packed);
            let attention = attention(self.heads, length, width);
            if let Some(attended) = &mut attended {
                attended.extend(attention.weights(instructions(), packed, width));
            }
            attention.forward(instructions(), threads, packed, width, mixed);
            layer.attention_output.run(threads, mixed, false, branch);
            layer.attention_norm.run(rows, branch);
            let hidden = sized(wide, n_rows * layer.widen.width());
            layer.widen.run(threads, rows, true, hidden);
            layer.narrow.run(threads, hidden, false, branch);
            layer.feed_forward_norm.run(rows, branch);
        }
        let means = &mut mixed[..batch * width];
        mean_over_time(rows, length, width, means);
        self.head.run(Threads::Caller, means, false, out);
    }
}
