//! The trainer: from bars to validated, versioned models and a report worth reading.
//!
//! Comes in: a config and bars. Goes out: model bundles, a run directory with its report, and one plain
//! sentence per model on whether it beats the baselines out of sample. The way through: [`config`] →
//! dataset → splits → folds (fit, predict) → scores and intervals → importance → report → bundles. Serves no
//! predictions: that is the predictor's work, by the same pipeline code.

mod byte_progress;
mod check;
mod cli;
mod compare;
pub mod config;
mod data_command;
mod dataset;
mod detect;
mod economics;
mod experiment;
mod feature_file;
mod fetch;
mod fold;
mod folds;
mod git;
mod groupings;
mod importance;
mod label_report;
mod leak_check;
mod output;
mod pooled;
mod progress;
pub mod report;
mod resample;
mod scoring;
mod sealed;
mod source;
mod synth;
mod train;
mod validate;
mod verdict;
mod writing;

pub use cli::{Outcome, run};
