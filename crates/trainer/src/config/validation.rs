//! How rows are split, and what is kept from everybody.

use evaluation::{SealedPeriod, SplitError, SplitScheme, TestBlocks, TrainingWindow, WalkForward};
use serde::{Deserialize, Serialize};

/// Splits. Purge and embargo lengths are derived from labels and look-back, never typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValidationConfig {
    /// Walk-forward: test blocks; by default 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folds: Option<usize>,
    /// Walk-forward: share of the usable rows before the first test block; by default 0.5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_train: Option<f64>,
    /// Walk-forward: which rows before the test block are used, `anchored` (all, the default) or `rolling`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<TrainingWindow>,
    /// Any other way to split, such as `[validation.split.combinatorial]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitScheme>,
    /// A final period that is taken away before anything is split, such as `sealed = { share = 0.1 }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedPeriod>,
    /// With `data.pool`: answer for each symbol with models that learnt from the others only.
    pub leave_one_symbol_out: bool,
    /// Last share of the training rows, which decides when a network stops and calibrates every model.
    pub early_stopping_share: f64,
    /// Shuffle the training labels: a negative control in which no model may beat the majority.
    pub shuffle_labels: bool,
}

impl Default for ValidationConfig {
    fn default() -> Self {
        Self {
            folds: None,
            initial_train: None,
            mode: None,
            split: None,
            sealed: None,
            leave_one_symbol_out: false,
            early_stopping_share: 0.2,
            shuffle_labels: false,
        }
    }
}

impl ValidationConfig {
    /// The way to split: `split`, or walk-forward.
    pub fn scheme(&self) -> SplitScheme {
        let default = WalkForward::default();
        self.split.unwrap_or(SplitScheme::WalkForward(WalkForward {
            blocks: self.folds.map_or(default.blocks, TestBlocks::Folds),
            initial_train: self.initial_train.unwrap_or(default.initial_train),
            window: self.mode.unwrap_or(default.window),
        }))
    }

    /// The first value that makes no sense: its key and why.
    pub(super) fn first_fault(&self) -> Option<(String, String)> {
        let fault = |key: &str, why: String| Some((format!("validation.{key}"), why));
        let share = self.early_stopping_share;
        if !(share > 0.0 && share < 1.0) {
            return fault("early_stopping_share", format!("{share} is not a share between 0 and 1"));
        }
        if let Some(split) = &self.split {
            let plain = [
                ("folds", self.folds.is_some()),
                ("initial_train", self.initial_train.is_some()),
                ("mode", self.mode.is_some()),
            ];
            if let Some((key, _)) = plain.iter().find(|(_, given)| *given) {
                let why = format!(
                    "it belongs to the walk-forward split, but validation.split asks for {}; remove one of the two",
                    split.name()
                );
                return fault(key, why);
            }
        }
        let scheme = self.scheme();
        if let Err(SplitError::Value { key, why }) = scheme.validate() {
            return match (&self.split, key) {
                (None, "blocks.folds") => fault("folds", why),
                (None, key) => fault(key, why),
                (Some(_), key) => fault(&format!("split.{}.{key}", scheme.name()), why),
            };
        }
        if let Some(Err(SplitError::Value { why, .. })) = self.sealed.map(|sealed| sealed.validate()) {
            return fault("sealed", why);
        }
        None
    }
}
