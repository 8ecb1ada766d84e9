//! The predictor: a bundle and bars in, predictions out.
//!
//! Comes in: the path of a bundle and a file of bars. Goes out: one prediction for every bar that has
//! enough past, as JSON lines or CSV, made by the same pipeline code that the validation used. Learns
//! nothing and knows no label.

mod cli;
mod predict;
mod write;

pub use cli::run;
