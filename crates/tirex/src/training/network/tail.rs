//! The last blocks of a model, trained behind the others.

use super::block::{Block, BlockTrace};
use crate::config::TirexConfig;
use crate::error::TirexError;
use crate::training::parameters::Parameters;
use crate::weights::Weights;

/// The last blocks, with the values that a model has.
#[derive(Debug)]
pub(crate) struct Tail {
    config: TirexConfig,
    pub(crate) parameters: Parameters,
    blocks: Vec<Block>,
}

impl Tail {
    /// Blocks from `first` on.
    pub(crate) fn load(weights: &mut Weights, first: usize) -> Result<Self, TirexError> {
        let config = weights.config().clone();
        let mut parameters = Parameters::default();
        let mut refused = None;
        let mut add = |name: String, shape: &[usize]| {
            let values = weights.take(&name, shape).unwrap_or_else(|error| {
                refused.get_or_insert(error);
                vec![0.0; shape.iter().product()]
            });
            parameters.add(name, shape, values)
        };
        let blocks = (first..config.blocks).map(|index| Block::new(&config, index, &mut add)).collect();
        match refused {
            Some(error) => Err(error),
            None => Ok(Self { config, parameters, blocks }),
        }
    }

    /// The stream behind the last block, from that before the first of these.
    pub(crate) fn forward(&self, stream: &mut [f32], batch: usize) -> Vec<BlockTrace> {
        let run = |block: &Block| block.forward(&self.config, &self.parameters, &mut *stream, batch);
        self.blocks.iter().map(run).collect()
    }

    /// Adds the derivatives by all weights of these blocks.
    pub(crate) fn backward(&mut self, traces: Vec<BlockTrace>, mut by_stream: Vec<f32>, batch: usize) {
        for (block, trace) in self.blocks.iter().zip(traces).rev() {
            by_stream = block.backward(&self.config, &mut self.parameters, trace, by_stream, batch);
        }
    }
}
