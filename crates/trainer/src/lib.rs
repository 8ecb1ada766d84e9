//! The trainer: from bars to validated, versioned models and a report worth reading.
//!
//! Comes in: a config and bars. Goes out: model bundles, a run directory with its report, and one plain
//! sentence per model on whether it beats the baselines out of sample. The way through: [`config`] →
//! dataset → splits → folds (fit, predict) → scores and intervals → importance → report → bundles. Serves no
//! predictions: that is the predictor's work, by the same pipeline code.

mod cli;
mod compare;
pub mod config;
mod data_command;
mod dataset;
mod detect;
mod experiment;
mod feature_file;
mod interrupt;
mod leak_check;
mod models_command;
mod pretrain;
mod progress;
pub mod report;
mod reproduce;
mod retrain;
mod runs_command;
mod search;
mod source;
mod synth;
mod track;
mod train;
mod validate;

pub use cli::{Outcome, exit_code, run};
pub use interrupt::EXIT_CODE as STOPPED;
