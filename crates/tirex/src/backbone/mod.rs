//! The network from tokens to the stream behind every block, with weights packed once.
//!
//! Rows are ordered by token and then by series: row `token * batch + series`. Blocks follow each other, each over
//! all tokens: only the recurrence inside a block goes token by token, so every weight is read once in a pass.

mod bf16;
mod block;
mod patch_map;

use std::sync::OnceLock;

use kernels::{Instructions, Norm, normalise};

pub(crate) use block::HEAD_NORM;
pub(crate) use block::{Block, BlockState};
pub(crate) use patch_map::PatchMap;

use crate::config::TirexConfig;
use crate::error::TirexError;
use crate::precision::Precision;
use crate::weights::{Weights, names};

/// Root-mean-square normalisation with the reference's constant.
pub(crate) const RMS: Norm = Norm::Rms(1e-6);

/// All weights, ready for products.
#[derive(Debug)]
pub(crate) struct Backbone {
    pub(crate) config: TirexConfig,
    precision: Precision,
    input: PatchMap,
    blocks: Vec<Block>,
    out_norm: Vec<f32>,
    output: PatchMap,
    /// States of one series behind 0, 1, 2 … tokens in which everything is missing.
    pads: OnceLock<Vec<Vec<BlockState>>>,
}

/// What a pass is asked for.
pub(crate) struct Pass<'a> {
    /// Token inputs, `[tokens * batch, 2 * patch]`.
    pub(crate) inputs: &'a [f32],
    pub(crate) batch: usize,
    /// Tokens before these in which everything is missing, the same for all series.
    pub(crate) pads: usize,
}

impl Backbone {
    pub(crate) fn load(mut weights: Weights, precision: Precision) -> Result<Self, TirexError> {
        let config = weights.config().clone();
        let instructions = Instructions::best();
        let (patch, width, hidden) = (config.patch, config.width, config.patch_hidden);
        let input = PatchMap::load(&mut weights, instructions, names::INPUT, [2 * patch, hidden, width])?;
        let blocks = (0..config.blocks)
            .map(|index| Block::load(&mut weights, instructions, &config, index, precision))
            .collect::<Result<_, _>>()?;
        let out_norm = weights.take(names::OUT_NORM, &[width])?;
        let output =
            PatchMap::load(&mut weights, instructions, names::OUTPUT, [width, hidden, config.outputs()])?;
        weights.finish()?;
        Ok(Self { config, precision, input, blocks, out_norm, output, pads: OnceLock::new() })
    }

    /// The stream behind every block, `[blocks][tokens * batch, width]`, told block by block.
    pub(crate) fn run(&self, pass: &Pass<'_>, behind: &mut dyn FnMut(usize, &[f32])) -> Vec<f32> {
        self.run_blocks(pass, self.blocks.len(), behind)
    }

    /// The same for the first blocks only.
    pub(crate) fn run_blocks(
        &self,
        pass: &Pass<'_>,
        count: usize,
        behind: &mut dyn FnMut(usize, &[f32]),
    ) -> Vec<f32> {
        if self.precision == Precision::Bf16Cell && pass.pads > 0 {
            let before = pass.pads * pass.batch;
            let inputs = [vec![0.0; before * 2 * self.config.patch], pass.inputs.to_vec()].concat();
            let from = before * self.config.width;
            let whole = Pass { inputs: &inputs, batch: pass.batch, pads: 0 };
            let stream = self.run_blocks(&whole, count, &mut |index, stream| behind(index, &stream[from..]));
            return stream[from..].to_vec();
        }
        let mut stream = self.input.run(pass.inputs);
        for (index, block) in self.blocks.iter().enumerate().take(count) {
            let mut state = match pass.pads {
                0 => block.start(pass.batch),
                pads => self.pads()[pads - 1][index].repeated(pass.batch),
            };
            block.run(&mut stream, pass.batch, &mut state, false);
            behind(index, &stream);
        }
        stream
    }

    /// Quantiles of the next patch in scaled units, `[rows, quantiles * patch]`, from the stream behind the last block.
    pub(crate) fn read(&self, stream: &[f32]) -> Vec<f32> {
        let mut rows = vec![0.0; stream.len()];
        normalise(Instructions::best(), RMS, stream, &self.out_norm, &mut rows);
        self.output.run(&rows)
    }

    /// States behind each number of missing tokens, from one: the same for every series, so computed once.
    fn pads(&self) -> &[Vec<BlockState>] {
        self.pads.get_or_init(|| {
            let tokens = self.config.tokens();
            let mut stream = self.input.run(&vec![0.0; tokens * 2 * self.config.patch]);
            let mut states: Vec<Vec<BlockState>> = vec![Vec::new(); tokens];
            for block in &self.blocks {
                let kept = block.run(&mut stream, 1, &mut block.start(1), true);
                for (states, state) in states.iter_mut().zip(kept) {
                    states.push(state);
                }
            }
            states
        })
    }
}
