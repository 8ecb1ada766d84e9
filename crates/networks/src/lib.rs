//! Two neural classifiers of windows of features: an LSTM with self-attention and a Transformer encoder.
//!
//! In come windows of a row-major `f32` matrix `[n_rows, n_features]` ([`Windows`]) and, to train, a class
//! per window ([`LabelledWindows`]), together a [`TrainingTask`]. Out comes a [`Network`]: class probabilities per window, and weights
//! as safetensors. Training is `AdamW` with warm-up, gradient clipping and early stopping
//! ([`TrainingConfig`]); everything random comes from one [`market::Seed`], so equal arguments give equal
//! weights at any number of threads, and a window gets the same probabilities to the bit whatever windows
//! it is predicted with.
//!
//! The crate does not scale features, split data by time, calibrate probabilities or know what a class
//! means. When training diverges it says so; it never returns a stand-in.

mod attention;
mod attention_weights;
mod checkpoint;
mod classifier;
mod config;
mod device;
mod dropout;
mod error;
#[cfg(test)]
mod golden_tests;
mod history;
mod inference;
mod initialise;
mod linear;
mod lstm_attention;
mod network;
mod optimiser;
mod schedule;
mod task;
mod training;
mod transformer;
mod weights;
mod windows;

pub use attention_weights::AttentionWeights;
pub use config::{Architecture, LstmAttentionConfig, TrainingConfig, TransformerConfig};
pub use device::ComputeDevice;
pub use error::NetworkError;
pub use history::{EpochReport, StopReason, TrainingHistory, TrainingProgress};
pub use network::{Network, NetworkShape};
pub use task::TrainingTask;
pub use windows::{LabelledWindows, Windows};
