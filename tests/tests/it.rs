//! From bars to predictions and back, in process: what the trainer writes is what the predictor answers.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests too")]

#[path = "it/broken_folds.rs"]
mod broken_folds;
#[path = "it/compat.rs"]
mod compat;
#[path = "it/determinism.rs"]
mod determinism;
#[path = "it/ensemble.rs"]
mod ensemble;
#[path = "it/holes.rs"]
mod holes;
#[path = "it/label_kinds.rs"]
mod label_kinds;
#[path = "it/parity.rs"]
mod parity;
#[path = "it/pool.rs"]
mod pool;
#[path = "it/real_bars.rs"]
mod real_bars;
#[path = "it/references.rs"]
mod references;
#[path = "it/replay.rs"]
mod replay;
#[path = "it/schemas.rs"]
mod schemas;
#[path = "it/sealed.rs"]
mod sealed;
#[path = "it/splits.rs"]
mod splits;
#[path = "it/stream.rs"]
mod stream;
#[path = "it/train_then_predict.rs"]
mod train_then_predict;
#[path = "it/truth.rs"]
mod truth;
#[path = "it/workshop.rs"]
mod workshop;
