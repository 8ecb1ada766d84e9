//! What out-of-sample predictions are worth.
//!
//! Comes in: labels with their intervals, and what predictors said about rows that they had not seen. Goes out:
//! splits that no label crosses, and scores with block-bootstrap intervals. Fits nothing, reads no file.

mod auc;
mod block_length;
mod bootstrap;
mod calibration;
mod predictions;
mod scores;
mod tally;
mod walk_forward;

pub use block_length::{effective_rows, mean_block_length};
pub use bootstrap::{Bootstrap, BootstrapScores};
pub use calibration::{expected_calibration_error, reliability};
pub use predictions::{Predictions, TestRow, top};
pub use scores::{ClassScores, Difference, Interval, Metrics, ReliabilityBin};
pub use tally::{Tally, log_losses};
pub use walk_forward::{Block, FoldRows, TrainingWindow, blocks};
