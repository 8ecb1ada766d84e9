//! A model's sizes as checkpoints write them.

use serde::Deserialize;

use crate::config::{DEFAULT_FACTOR, TirexConfig, feed_forward_width};

#[derive(Debug, Deserialize)]
pub(super) struct HyperParameters {
    pub(super) model_config: ModelConfig,
    pub(super) train_ctx_len: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct ModelConfig {
    pub(super) input_patch_size: usize,
    pub(super) output_patch_size: usize,
    pub(super) quantiles: Vec<f64>,
    pub(super) input_ff_dim: usize,
    pub(super) block_kwargs: BlockConfig,
}

#[derive(Debug, Deserialize)]
pub(super) struct BlockConfig {
    pub(super) embedding_dim: usize,
    pub(super) num_blocks: usize,
    pub(super) num_heads: usize,
    pub(super) all_slstm: Option<bool>,
    pub(super) ffn_proj_factor: Option<f64>,
}

impl HyperParameters {
    /// The sizes, where they are those of a model that is known.
    pub(super) fn config(self) -> Result<TirexConfig, String> {
        let ModelConfig { input_patch_size, output_patch_size, quantiles, input_ff_dim, block_kwargs } =
            self.model_config;
        if input_patch_size != output_patch_size {
            return Err(format!(
                "its patches are {input_patch_size} points on the way in and {output_patch_size} out"
            ));
        }
        if block_kwargs.all_slstm == Some(false) {
            return Err("it has mLSTM blocks; only sLSTM blocks are known".to_owned());
        }
        let width = block_kwargs.embedding_dim;
        let factor = block_kwargs.ffn_proj_factor.unwrap_or(DEFAULT_FACTOR);
        Ok(TirexConfig {
            patch: input_patch_size,
            quantiles,
            width,
            blocks: block_kwargs.num_blocks,
            heads: block_kwargs.num_heads,
            feed_forward: feed_forward_width(width, factor),
            patch_hidden: input_ff_dim,
            context: self.train_ctx_len,
        })
    }
}
