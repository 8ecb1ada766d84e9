//! A loaded model.

use std::path::Path;

use crate::backbone::{Backbone, Pass};
use crate::config::TirexConfig;
use crate::error::TirexError;
use crate::forecast::{Forecast, ForecastOptions, forecast};
use crate::precision::Precision;
use crate::series::{check, tokens};
use crate::weights::{Origin, SMALL, Weights};

/// A model that forecasts.
#[derive(Debug)]
pub struct Tirex {
    pub(crate) backbone: Backbone,
    /// Where its weights came from, to go on training them.
    pub(crate) origin: Origin,
}

/// The stream behind every block, of the tokens of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// Tokens: whole patches of the series, the newest 2,048 values at most in the released model.
    pub tokens: usize,
    /// Blocks.
    pub blocks: usize,
    /// Width of the stream.
    pub width: usize,
    /// `[tokens, blocks, width]`.
    pub values: Vec<f32>,
}

impl Tirex {
    /// The small model that is part of the crate, so that nothing has to be downloaded. `model/README.md` says what it can do.
    ///
    /// # Errors
    ///
    /// None: its bytes are part of the program, and a test reads them.
    pub fn small() -> Result<Self, TirexError> {
        Self::load(Origin::Small, Precision::F32)
    }

    /// The bytes of [`Tirex::small`]'s file, whose hash tells one version from another.
    pub fn small_file() -> &'static [u8] {
        SMALL
    }

    /// Reads `model.ckpt` as PyTorch writes it, or a safetensors file of this crate.
    ///
    /// # Errors
    ///
    /// When the file can't be read, is no such file, or a tensor is missing, too many, of another shape or not finite:
    /// the error names it. Nothing in the file is executed.
    pub fn open(path: &Path) -> Result<Self, TirexError> {
        Self::open_with(path, Precision::F32)
    }

    /// The same from bytes that were read; `name` stands in errors. They are kept for [`crate::fine_tuning::tune`], until
    /// [`Tirex::without_origin`].
    ///
    /// # Errors
    ///
    /// As [`Tirex::open`].
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, TirexError> {
        Self::load(Origin::Bytes(name.to_owned(), bytes.into()), Precision::F32)
    }

    /// The same model without the memory of its file: it can forecast, but no longer be trained on.
    #[must_use]
    pub fn without_origin(self) -> Self {
        Self { origin: Origin::Forgotten, ..self }
    }

    /// The same, computing in other numbers.
    ///
    /// # Errors
    ///
    /// As [`Tirex::open`].
    pub fn open_with(path: &Path, precision: Precision) -> Result<Self, TirexError> {
        Self::load(Origin::File(path.to_owned()), precision)
    }

    /// A model of any size with weights made up from the tensors' names: to test and to race, not to forecast.
    ///
    /// # Errors
    ///
    /// When the sizes make no model.
    pub fn with_hashed_weights(config: TirexConfig, precision: Precision) -> Result<Self, TirexError> {
        Self::load(Origin::Hashed(config), precision)
    }

    pub(crate) fn load(origin: Origin, precision: Precision) -> Result<Self, TirexError> {
        Ok(Self { backbone: Backbone::load(Weights::open(&origin)?, precision)?, origin })
    }

    /// Sizes of the model.
    pub fn config(&self) -> &TirexConfig {
        &self.backbone.config
    }

    /// Quantiles of the next `horizon` steps of one series.
    ///
    /// # Errors
    ///
    /// When the series is empty or holds an infinite value, or the horizon is 0 or longer than the model's context.
    pub fn forecast(
        &self,
        series: &[f32],
        horizon: usize,
        options: ForecastOptions,
    ) -> Result<Forecast, TirexError> {
        let mut all = self.forecast_batch(&[series], horizon, options)?;
        all.pop().ok_or(TirexError::Empty)
    }

    /// The same for many series, of any lengths: each as if it were alone.
    ///
    /// # Errors
    ///
    /// As [`Tirex::forecast`].
    pub fn forecast_batch(
        &self,
        series: &[&[f32]],
        horizon: usize,
        options: ForecastOptions,
    ) -> Result<Vec<Forecast>, TirexError> {
        forecast(&self.backbone, series, horizon, options)
    }

    /// What the model makes of a series: its stream behind every block.
    ///
    /// # Errors
    ///
    /// When the series is empty or holds an infinite value.
    pub fn embed(&self, series: &[f32]) -> Result<Embedding, TirexError> {
        check(series)?;
        let config = self.config();
        let found = tokens(config, series, 0);
        let n_tokens = found.inputs.len() / (2 * config.patch);
        let (blocks, width) = (config.blocks, config.width);
        let mut values = vec![0.0; n_tokens * blocks * width];
        let pass = Pass { inputs: &found.inputs, batch: 1, pads: config.tokens() - n_tokens };
        self.backbone.run(&pass, &mut |block, stream| {
            for (token, row) in stream.chunks(width).enumerate() {
                values[(token * blocks + block) * width..][..width].copy_from_slice(row);
            }
        });
        Ok(Embedding { tokens: n_tokens, blocks, width, values })
    }
}
