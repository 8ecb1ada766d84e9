//! One block: a recurrent layer whose heads are independent of each other, and a gated map, each added to the stream.

use kernels::{
    Instructions, Matrix, Norm, Packed, SlstmState, Start, Threads, normalise, product, silu_gated,
    slstm_states,
};
use rayon::prelude::*;

use super::RMS;
use super::bf16::RoundedHead;
use super::patch_map::transposed;
use crate::config::TirexConfig;
use crate::error::TirexError;
use crate::precision::Precision;
use crate::weights::{Weights, names};

/// Normalisation of each head's outputs, with PyTorch's constant.
pub(crate) const HEAD_NORM: Norm = Norm::Layer(1e-5);

#[derive(Debug)]
pub(crate) struct Block {
    cell_norm: Vec<f32>,
    heads: Vec<Head>,
    map_norm: Vec<f32>,
    /// Gate and up side by side.
    gated: Packed,
    down: Packed,
}

/// One head of the recurrent layer.
#[derive(Debug)]
struct Head {
    /// `[d, 4 * d]`, gates in the cell's order.
    input: Packed,
    bias: Vec<f32>,
    recurrent: Packed,
    gain: Vec<f32>,
    /// Where the cell is run as the reference runs it.
    rounded: Option<RoundedHead>,
}

/// States of a block's heads between two tokens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BlockState(Vec<SlstmState>);

impl BlockState {
    /// The state of one series for `batch` of them.
    pub(crate) fn repeated(&self, batch: usize) -> Self {
        Self(self.0.iter().map(|head| head.repeated(batch)).collect())
    }
}

impl Block {
    pub(crate) fn load(
        weights: &mut Weights,
        instructions: Instructions,
        config: &TirexConfig,
        index: usize,
        precision: Precision,
    ) -> Result<Self, TirexError> {
        let (width, inside, d, n_heads) =
            (config.width, config.feed_forward, config.head_width(), config.heads);
        let name = |part: &str| format!("blocks.{index}.{part}");
        let mut gates = Vec::with_capacity(4);
        for gate in names::GATES {
            gates.push(weights.take(&name(&format!("slstm_layer.{gate}.weight")), &[n_heads, d, d])?);
        }
        let cell = |part: &str| name(&format!("slstm_layer.slstm_cell.{part}"));
        let recurrent = weights.take(&cell(names::RECURRENT), &[n_heads, d, 4 * d])?;
        let bias = weights.take(&cell(names::CELL_BIAS), &[4 * width])?;
        let gain = weights.take(&name("slstm_layer.group_norm.weight"), &[width])?;
        let heads = (0..n_heads)
            .map(|head| {
                // `[4 * d, d]`: the gates' maps below each other, as `[out, in]`.
                let input: Vec<f32> =
                    gates.iter().flat_map(|gate| &gate[head * d * d..][..d * d]).copied().collect();
                let recurrent = &recurrent[head * 4 * d * d..][..4 * d * d];
                Head {
                    input: transposed(instructions, &input, d),
                    bias: bias[head * 4 * d..][..4 * d].to_vec(),
                    recurrent: Packed::new(instructions, Matrix::new(recurrent, 4 * d)),
                    // Stored as the difference from one.
                    gain: gain[head * d..][..d].iter().map(|gain| 1.0 + gain).collect(),
                    rounded: (precision == Precision::Bf16Cell)
                        .then(|| RoundedHead::new(instructions, recurrent, d)),
                }
            })
            .collect();
        let mut both = weights.take(&name("ffn.proj_up_gate.weight"), &[inside, width])?;
        both.extend(weights.take(&name("ffn.proj_up.weight"), &[inside, width])?);
        let down = weights.take(&name("ffn.proj_down.weight"), &[width, inside])?;
        Ok(Self {
            cell_norm: weights.take(&name("norm_slstm.weight"), &[width])?,
            heads,
            map_norm: weights.take(&name("norm_ffn.weight"), &[width])?,
            gated: transposed(instructions, &both, width),
            down: transposed(instructions, &down, inside),
        })
    }

    /// Before the first token.
    pub(crate) fn start(&self, batch: usize) -> BlockState {
        BlockState(self.heads.iter().map(|head| SlstmState::new(batch, head.gain.len())).collect())
    }

    /// Runs over rows of tokens, changing the stream and the state. With `keep` the states behind every token.
    pub(crate) fn run(
        &self,
        stream: &mut [f32],
        batch: usize,
        state: &mut BlockState,
        keep: bool,
    ) -> Vec<BlockState> {
        let instructions = Instructions::best();
        let width = self.cell_norm.len();
        let mut normal = vec![0.0; stream.len()];
        normalise(instructions, RMS, stream, &self.cell_norm, &mut normal);
        let d = width / self.heads.len();
        let work = self.heads.par_iter().zip(&mut state.0).enumerate();
        let outputs: Vec<(Vec<f32>, Vec<SlstmState>)> = work
            .map(|(index, (head, state))| {
                head.run(instructions, &normal, (width, index * d), batch, state, keep)
            })
            .collect();
        for (index, (values, _)) in outputs.iter().enumerate() {
            for (row, values) in stream.chunks_mut(width).zip(values.chunks(d)) {
                for (value, more) in row[index * d..][..d].iter_mut().zip(values) {
                    *value += more;
                }
            }
        }
        normalise(instructions, RMS, stream, &self.map_norm, &mut normal);
        let rows = stream.len() / width;
        let mut sums = vec![0.0; rows * self.gated.columns()];
        let mut inside = vec![0.0; rows * self.down.inner()];
        silu_gated(instructions, Threads::Pool, &normal, &self.gated, &mut sums, &mut inside);
        product(Threads::Pool, &inside, &self.down, Start::Out, stream, &mut [], |_, _, _| ());
        let tokens = if keep { rows / batch } else { 0 };
        let of_heads = |token: usize| outputs.iter().map(|(_, states)| states[token].clone()).collect();
        (0..tokens).map(|token| BlockState(of_heads(token))).collect()
    }
}

impl Head {
    /// Normalised outputs `[rows, d]` of the columns from `first` on; with `keep` the states behind each token.
    fn run(
        &self,
        instructions: Instructions,
        rows: &[f32],
        (width, first): (usize, usize),
        batch: usize,
        state: &mut SlstmState,
        keep: bool,
    ) -> (Vec<f32>, Vec<SlstmState>) {
        let d = self.gain.len();
        let own: Vec<f32> = rows.chunks(width).flat_map(|row| &row[first..first + d]).copied().collect();
        let mut gates = vec![0.0; own.len() * 4];
        let start = if self.rounded.is_some() { Start::Zero } else { Start::Row(&self.bias) };
        product(Threads::Caller, &own, &self.input, start, &mut gates, &mut [], |_, _, _| ());
        let mut outputs = own;
        let mut states = Vec::new();
        if let Some(rounded) = &self.rounded {
            outputs = rounded.run(&mut gates, &self.bias, batch);
        } else {
            slstm_states(instructions, &mut gates, &self.recurrent, state, &mut outputs, |_, state| {
                if keep {
                    states.push(state.clone());
                }
            });
        }
        let mut normal = vec![0.0; outputs.len()];
        normalise(instructions, HEAD_NORM, &outputs, &self.gain, &mut normal);
        (normal, states)
    }
}
