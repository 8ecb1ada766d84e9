//! What happened during training, and who is told.

use serde::{Deserialize, Serialize};

/// One finished epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Steps done since the start of training.
    pub steps: u64,
    /// Mean loss of the epoch's steps, with dropout and label smoothing, in nats.
    pub training_loss: f64,
    /// Log-loss on the validation windows, in nats; none without such windows.
    pub validation_loss: Option<f64>,
    /// Share of validation windows whose likeliest class is right; none without such windows.
    pub validation_accuracy: Option<f64>,
    /// Learning rate of the epoch's last step.
    pub learning_rate: f64,
    /// Whether these weights are the best so far (without validation windows: the latest).
    pub is_best: bool,
}

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// All epochs were done.
    Epochs,
    /// All steps were done.
    Steps,
    /// The validation loss had not improved for the configured number of epochs.
    Patience,
    /// The caller cancelled.
    Cancelled,
}

/// A training run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingHistory {
    /// Every epoch, in order.
    pub epochs: Vec<EpochReport>,
    /// Number of the epoch the fitted weights are from.
    pub best_epoch: usize,
    /// Why training ended.
    pub stopped: StopReason,
}

/// Is told how training goes, and may cancel it.
pub trait TrainingProgress {
    /// After each step: steps done, steps of the whole run if it is not stopped early, the step's loss.
    fn step(&mut self, done_steps: u64, total_steps: u64, loss: f64);

    /// After each epoch.
    fn epoch(&mut self, report: &EpochReport);

    /// Asked before each step; `true` ends training with the best weights so far, after a last checkpoint.
    fn is_cancelled(&self) -> bool {
        false
    }

    /// Asked after each step: whether training is to be kept as it now is.
    fn wants_checkpoint(&self) -> bool {
        false
    }

    /// Training as it now is, for [`crate::Network::resume`].
    fn checkpoint(&mut self, _bytes: &[u8]) {}
}
