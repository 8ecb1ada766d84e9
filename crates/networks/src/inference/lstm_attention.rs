//! The LSTM with attention made ready.

use kernels::{Attention, Packed, Start, Threads, lstm_states, product};
use rayon::prelude::*;

use super::packed_linear::{packed, values};
use super::{Memory, PackedLinear, Plan, instructions, sized};
use crate::lstm_attention::{LstmAttention, LstmLayer};

/// Steps of a layer that are computed together; the next layer follows behind, on another thread.
const STEPS: usize = 48;

#[derive(Debug)]
struct Layer {
    input: Packed,
    bias: Vec<f32>,
    recurrent: Packed,
}

impl Layer {
    fn new(layer: &LstmLayer) -> Self {
        Self {
            input: packed(layer.weight_ih.val()),
            bias: values(layer.bias.val()),
            recurrent: packed(layer.weight_hh.val()),
        }
    }

    /// Some steps further; `inputs` are those of these steps, the outputs come into `state.part`.
    fn advance(&self, inputs: &[f32], state: &mut LayerState) {
        let hidden = self.recurrent.inner();
        let rows = inputs.len() / self.input.inner();
        let gates = sized(&mut state.gates, rows * 4 * hidden);
        product(Threads::Caller, inputs, &self.input, Start::Row(&self.bias), gates, &mut [], |_, _, _| ());
        let part = sized(&mut state.part, rows * hidden);
        lstm_states(instructions(), gates, &self.recurrent, &mut state.hidden, &mut state.cells, part);
    }
}

/// How far a layer is.
#[derive(Debug, Default)]
pub(crate) struct LayerState {
    hidden: Vec<f32>,
    cells: Vec<f32>,
    gates: Vec<f32>,
    /// Outputs of the steps in work.
    part: Vec<f32>,
}

/// Packed weights of an [`LstmAttention`].
#[derive(Debug)]
pub(crate) struct LstmAttentionPlan {
    layers: Vec<Layer>,
    attention_input: PackedLinear,
    attention_output: PackedLinear,
    head: PackedLinear,
    heads: usize,
    length: usize,
}

impl LstmAttentionPlan {
    pub(crate) fn new(network: &LstmAttention, length: usize) -> Self {
        Self {
            layers: network.lstm.iter().map(Layer::new).collect(),
            attention_input: PackedLinear::new(&network.attention.input),
            attention_output: PackedLinear::new(&network.attention.output),
            head: PackedLinear::new(&network.head),
            heads: network.attention.heads,
            length,
        }
    }

    /// Runs all layers over `inputs`, rows ordered by time and then by window. The outputs of layer `l` in
    /// part `p` of the steps come into `parts[l * n_parts + p]`.
    ///
    /// A part of a layer needs the part before it and the same part of the layer below. So at every turn
    /// each layer that can works on its next part, all at the same time.
    fn run_layers(
        &self,
        threads: Threads,
        inputs: &[f32],
        batch: usize,
        states: &mut [LayerState],
        parts: &mut [Vec<f32>],
    ) {
        let n_parts = self.length.div_ceil(STEPS);
        for (state, layer) in states.iter_mut().zip(&self.layers) {
            for values in [&mut state.hidden, &mut state.cells] {
                values.clear();
                values.resize(batch * layer.recurrent.inner(), 0.0);
            }
        }
        let part_of = |turn: usize, layer: usize| turn.checked_sub(layer).filter(|part| *part < n_parts);
        for turn in 0..n_parts + self.layers.len() - 1 {
            let work = |(layer, state): (usize, &mut LayerState)| {
                let Some(part) = part_of(turn, layer) else { return };
                let below = if let Some(below) = layer.checked_sub(1) {
                    &parts[below * n_parts + part]
                } else {
                    let size = inputs.len() / self.length;
                    let first = part * STEPS * size;
                    &inputs[first..(first + STEPS * size).min(inputs.len())]
                };
                self.layers[layer].advance(below, state);
            };
            match threads {
                Threads::Pool => states.par_iter_mut().enumerate().for_each(work),
                Threads::Caller => states.iter_mut().enumerate().for_each(work),
            }
            for (layer, state) in states.iter_mut().enumerate() {
                if let Some(part) = part_of(turn, layer) {
                    std::mem::swap(&mut state.part, &mut parts[layer * n_parts + part]);
                }
            }
        }
    }
}

impl Plan for LstmAttentionPlan {
    fn heads(&self) -> usize {
        self.heads
    }

    fn logits(
        &self,
        threads: Threads,
        windows: &[f32],
        memory: &mut Memory,
        out: &mut [f32],
        attended: Option<&mut Vec<f32>>,
    ) {
        let batch = out.len() / self.head.width();
        let (length, hidden) = (self.length, self.attention_output.width());
        let n_features = windows.len() / (batch * length);
        let n_parts = length.div_ceil(STEPS);
        let Memory { rows, layers, parts, .. } = memory;
        let [by_time, outputs, wide, mixed] = rows;
        // From windows behind each other to steps behind each other.
        let ordered = sized(by_time, windows.len());
        for (at, row) in windows.chunks(n_features).enumerate() {
            let place = (at % length * batch + at / length) * n_features;
            ordered[place..place + n_features].copy_from_slice(row);
        }
        layers.resize_with(self.layers.len(), LayerState::default);
        parts.resize_with(self.layers.len() * n_parts, Vec::new);
        self.run_layers(threads, ordered, batch, layers, parts);
        let outputs = sized(outputs, batch * length * hidden);
        let last = &parts[(self.layers.len() - 1) * n_parts..];
        for (at, row) in last.iter().flat_map(|part| part.chunks(hidden)).enumerate() {
            let place = (at % batch * length + at / batch) * hidden;
            outputs[place..place + hidden].copy_from_slice(row);
        }
        let wide = sized(wide, batch * length * 3 * hidden);
        self.attention_input.run(threads, outputs, false, wide);
        let mixed = sized(mixed, batch * length * hidden);
        let attention = attention(self.heads, length, hidden);
        if let Some(attended) = attended {
            attended.extend(attention.weights(instructions(), wide, hidden));
        }
        attention.forward(instructions(), threads, wide, hidden, mixed);
        let attended = &mut wide[..batch * length * hidden];
        self.attention_output.run(threads, mixed, false, attended);
        for (value, more) in attended.iter_mut().zip(outputs.iter()) {
            *value += more;
        }
        let means = sized(by_time, batch * hidden);
        mean_over_time(attended, length, hidden, means);
        self.head.run(Threads::Caller, means, false, out);
    }
}

/// Attention without mask and dropout, scores over the root of a head's width.
pub(super) fn attention(heads: usize, length: usize, width: usize) -> Attention<'static> {
    let scale = 1.0 / ((width / heads) as f32).sqrt();
    Attention { heads, length, scale, mask: None, dropout: None }
}

/// Means `[batch, width]` of the rows of each window.
pub(super) fn mean_over_time(rows: &[f32], length: usize, width: usize, means: &mut [f32]) {
    means.fill(0.0);
    for (window, mean) in rows.chunks(length * width).zip(means.chunks_mut(width)) {
        for row in window.chunks(width) {
            for (mean, value) in mean.iter_mut().zip(row) {
                *mean += value;
            }
        }
        for mean in mean {
            *mean /= length as f32;
        }
    }
}
