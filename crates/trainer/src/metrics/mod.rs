//! Scores of out-of-sample predictions, with block-bootstrap intervals.

mod auc;
mod block_length;
mod bootstrap;
mod calibration;
mod tally;

pub(crate) use block_length::{effective_rows, mean_block_length};
pub(crate) use bootstrap::Bootstrap;
pub(crate) use calibration::{expected_calibration_error, reliability};
pub(crate) use tally::{Tally, log_losses};
