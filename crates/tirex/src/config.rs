//! Sizes of a model.

use serde::{Deserialize, Serialize};

use crate::error::TirexError;

/// Sizes of a model, all of which its weights have to fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TirexConfig {
    /// Points of a patch, which is a token on the way in and a piece of forecast on the way out.
    pub patch: usize,
    /// Levels of the quantiles that are forecast, rising, between 0 and 1.
    pub quantiles: Vec<f64>,
    /// Width of the stream of tokens.
    pub width: usize,
    /// Blocks.
    pub blocks: usize,
    /// Heads of each block's recurrent layer; they divide the width.
    pub heads: usize,
    /// Width between the linear maps of a block.
    pub feed_forward: usize,
    /// Width inside the maps from patches and to them.
    pub patch_hidden: usize,
    /// Points of the past that the model looks at: whole patches.
    pub context: usize,
}

/// Largest size of anything, so that a damaged file can't ask for more than a machine has.
const LARGEST: usize = 1 << 16;

impl TirexConfig {
    /// The published model with 35 million weights.
    pub fn released_35m() -> Self {
        Self {
            patch: 32,
            quantiles: (1..10).map(|tenth| f64::from(tenth) / 10.0).collect(),
            width: 512,
            blocks: 12,
            heads: 4,
            feed_forward: feed_forward_width(512, DEFAULT_FACTOR),
            patch_hidden: 2048,
            context: 2048,
        }
    }

    /// Checks every size.
    ///
    /// # Errors
    /// [`TirexError::Config`] names the first that makes no model.
    pub fn validate(&self) -> Result<(), TirexError> {
        let refuse = |field, reason: String| Err(TirexError::Config { field, reason });
        for (field, size) in [
            ("input_patch_size", self.patch),
            ("embedding_dim", self.width),
            ("num_blocks", self.blocks),
            ("num_heads", self.heads),
            ("feed-forward width", self.feed_forward),
            ("input_ff_dim", self.patch_hidden),
            ("train_ctx_len", self.context),
        ] {
            if !(1..=LARGEST).contains(&size) {
                return refuse(field, format!("is {size}, not from 1 to {LARGEST}"));
            }
        }
        if !self.width.is_multiple_of(self.heads) {
            return refuse(
                "num_heads",
                format!("({}) does not divide the width ({})", self.heads, self.width),
            );
        }
        if !self.context.is_multiple_of(self.patch) {
            let (context, patch) = (self.context, self.patch);
            return refuse(
                "train_ctx_len",
                format!("({context}) is not a number of whole patches ({patch})"),
            );
        }
        let rising = self.quantiles.windows(2).all(|pair| pair[0] < pair[1]);
        let inside = self.quantiles.iter().all(|level| *level > 0.0 && *level < 1.0);
        if self.quantiles.is_empty() || !rising || !inside {
            return refuse(
                "quantiles",
                format!("are {:?}, not rising from above 0 to below 1", self.quantiles),
            );
        }
        Ok(())
    }

    /// Width of a head.
    pub(crate) fn head_width(&self) -> usize {
        self.width / self.heads
    }

    /// Tokens of a whole context.
    pub(crate) fn tokens(&self) -> usize {
        self.context / self.patch
    }

    /// Numbers of a forecast patch: every quantile of every step.
    pub(crate) fn outputs(&self) -> usize {
        self.quantiles.len() * self.patch
    }
}

/// How much wider a block is inside when a checkpoint does not say.
pub(crate) const DEFAULT_FACTOR: f64 = 2.6667;

/// The width inside a block: the model's width times a factor, rounded up to whole cache lines of 64.
pub(crate) fn feed_forward_width(width: usize, factor: f64) -> usize {
    64 * ((width as f64 * factor + 63.0) / 64.0).floor() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_released_model_is_valid_and_as_wide_as_published() {
        let config = TirexConfig::released_35m();
        config.validate().unwrap();
        assert_eq!((config.feed_forward, config.tokens(), config.outputs()), (1408, 64, 288));
    }

    #[test]
    fn what_makes_no_model_is_named() {
        let good = TirexConfig::released_35m();
        for (bad, field) in [
            (TirexConfig { heads: 3, ..good.clone() }, "num_heads"),
            (TirexConfig { context: 100, ..good.clone() }, "train_ctx_len"),
            (TirexConfig { width: 0, ..good.clone() }, "embedding_dim"),
            (TirexConfig { blocks: usize::MAX, ..good.clone() }, "num_blocks"),
            (TirexConfig { quantiles: vec![0.5, 0.1], ..good.clone() }, "quantiles"),
            (TirexConfig { quantiles: vec![f64::NAN], ..good.clone() }, "quantiles"),
        ] {
            assert!(bad.validate().unwrap_err().to_string().contains(field));
        }
    }
}
