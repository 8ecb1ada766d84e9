//! Sizes of the networks and how they are trained.

use serde::{Deserialize, Serialize};

use crate::error::NetworkError;

/// Sizes of the LSTM with attention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LstmAttentionConfig {
    /// Units of each LSTM layer, and width of the attention.
    pub hidden_size: usize,
    /// LSTM layers.
    pub layers: usize,
    /// Share of units dropped after every LSTM layer but the last, while training.
    pub dropout: f64,
    /// Attention heads; they divide `hidden_size`.
    pub attention_heads: usize,
    /// Share of attention weights dropped while training.
    pub attention_dropout: f64,
}

impl Default for LstmAttentionConfig {
    fn default() -> Self {
        Self { hidden_size: 128, layers: 3, dropout: 0.2, attention_heads: 8, attention_dropout: 0.3 }
    }
}

/// Sizes of the Transformer encoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TransformerConfig {
    /// Width of the encoder.
    pub model_size: usize,
    /// Attention heads; they divide `model_size`.
    pub heads: usize,
    /// Encoder layers.
    pub layers: usize,
    /// Width between the two linear maps of a layer.
    pub feed_forward_size: usize,
    /// Share dropped while training: attention weights, feed-forward units and both branches.
    pub dropout: f64,
}

impl Default for TransformerConfig {
    fn default() -> Self {
        Self { model_size: 256, heads: 8, layers: 6, feed_forward_size: 1024, dropout: 0.1 }
    }
}

/// Which network, and its sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// A stack of LSTM layers, self-attention over their outputs, mean over time.
    LstmAttention(LstmAttentionConfig),
    /// A post-norm Transformer encoder with learned positions, mean over time.
    Transformer(TransformerConfig),
}

impl Architecture {
    /// Checks every size and rate.
    ///
    /// # Errors
    ///
    /// When a size is 0, heads do not divide the width, or a dropout share is outside `[0, 1)`.
    pub fn validate(&self) -> Result<(), NetworkError> {
        match self {
            Self::LstmAttention(config) => {
                positive("hidden_size", config.hidden_size)?;
                positive("layers", config.layers)?;
                share("dropout", config.dropout)?;
                share("attention_dropout", config.attention_dropout)?;
                heads("attention_heads", config.attention_heads, config.hidden_size)
            }
            Self::Transformer(config) => {
                positive("model_size", config.model_size)?;
                positive("layers", config.layers)?;
                positive("feed_forward_size", config.feed_forward_size)?;
                share("dropout", config.dropout)?;
                heads("heads", config.heads, config.model_size)
            }
        }
    }
}

/// How a network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingConfig {
    /// Windows in a step.
    pub batch_size: usize,
    /// Epochs at most.
    pub max_epochs: usize,
    /// Steps at most, over all epochs; none when absent.
    pub max_steps: Option<u64>,
    /// Epochs without a better validation log-loss before training stops.
    pub patience: usize,
    /// Learning rate at the end of the warm-up.
    pub learning_rate: f64,
    /// Share of all steps over which the learning rate rises from 0.
    pub warmup_share: f64,
    /// Decoupled weight decay of `AdamW`, per step and unit of learning rate.
    pub weight_decay: f64,
    /// Largest Euclidean norm of the whole gradient; a longer one is shortened to it.
    pub gradient_clip_norm: f64,
    /// Share of the target spread evenly over all classes.
    pub label_smoothing: f64,
    /// Steps in an epoch; when absent, as many as it takes to see every window once.
    pub steps_per_epoch: Option<usize>,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            batch_size: 32,
            max_epochs: 100,
            max_steps: None,
            patience: 10,
            learning_rate: 1e-3,
            warmup_share: 0.1,
            weight_decay: 0.01,
            gradient_clip_norm: 1.0,
            label_smoothing: 0.0,
            steps_per_epoch: None,
        }
    }
}

impl TrainingConfig {
    /// The defaults for an architecture: learning rate 1e-3 for the LSTM, 1e-4 for the Transformer.
    pub fn for_architecture(architecture: &Architecture) -> Self {
        Self {
            learning_rate: match architecture {
                Architecture::LstmAttention(_) => 1e-3,
                Architecture::Transformer(_) => 1e-4,
            },
            ..Self::default()
        }
    }

    /// Checks every size and rate.
    ///
    /// # Errors
    ///
    /// When a count is 0, a share is outside its range, or a rate is not a finite number of the right sign.
    pub fn validate(&self) -> Result<(), NetworkError> {
        positive("batch_size", self.batch_size)?;
        positive("max_epochs", self.max_epochs)?;
        positive("patience", self.patience)?;
        positive("steps_per_epoch", self.steps_per_epoch.unwrap_or(1))?;
        positive("max_steps", self.max_steps.unwrap_or(1) as usize)?;
        share("label_smoothing", self.label_smoothing)?;
        check(
            (0.0..=1.0).contains(&self.warmup_share),
            "warmup_share",
            "must be from 0 to 1",
            &self.warmup_share,
        )?;
        check(
            self.learning_rate.is_finite() && self.learning_rate > 0.0,
            "learning_rate",
            "must be a finite number above 0",
            &self.learning_rate,
        )?;
        check(
            self.weight_decay.is_finite() && self.weight_decay >= 0.0,
            "weight_decay",
            "must be a finite number, 0 or above",
            &self.weight_decay,
        )?;
        check(
            self.gradient_clip_norm > 0.0,
            "gradient_clip_norm",
            "must be above 0",
            &self.gradient_clip_norm,
        )
    }
}

fn check(
    good: bool,
    field: &'static str,
    reason: &'static str,
    value: &dyn ToString,
) -> Result<(), NetworkError> {
    if good {
        return Ok(());
    }
    Err(NetworkError::Config { field, reason, value: value.to_string() })
}

fn positive(field: &'static str, value: usize) -> Result<(), NetworkError> {
    check(value > 0, field, "must be at least 1", &value)
}

fn share(field: &'static str, value: f64) -> Result<(), NetworkError> {
    check((0.0..1.0).contains(&value), field, "must be at least 0 and below 1", &value)
}

fn heads(field: &'static str, heads: usize, width: usize) -> Result<(), NetworkError> {
    check(heads > 0 && width.is_multiple_of(heads), field, "must divide the width of the network", &heads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid() {
        for architecture in [
            Architecture::LstmAttention(LstmAttentionConfig::default()),
            Architecture::Transformer(TransformerConfig::default()),
        ] {
            architecture.validate().unwrap();
            TrainingConfig::for_architecture(&architecture).validate().unwrap();
        }
    }

    #[test]
    fn bad_values_are_named() {
        let bad =
            Architecture::LstmAttention(LstmAttentionConfig { attention_heads: 7, ..Default::default() });
        let text = bad.validate().unwrap_err().to_string();
        assert!(text.contains("attention_heads") && text.contains('7'), "{text}");
        let bad = TrainingConfig { learning_rate: f64::NAN, ..Default::default() };
        assert!(bad.validate().unwrap_err().to_string().contains("learning_rate"));
    }

    #[test]
    fn unknown_keys_are_refused_and_missing_ones_default() {
        let parsed: Architecture = serde_json::from_str(r#"{"lstm_attention": {"layers": 2}}"#).unwrap();
        assert_eq!(
            parsed,
            Architecture::LstmAttention(LstmAttentionConfig { layers: 2, ..Default::default() })
        );
        assert!(serde_json::from_str::<TrainingConfig>(r#"{"learning_rat": 1.0}"#).is_err());
    }
}
