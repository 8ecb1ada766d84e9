//! The operations as functions of Burn tensors, with gradients.
//!
//! On the flex CPU device each is one node of the autodiff graph with its hand-written derivative; on any
//! other device, and with the environment variable `KERNELS_PATH=composed`, it is composed from Burn's
//! own operations ([`composed`]), to the same result within rounding. Results on the flex device are the
//! same to the bit at any number of threads.

pub mod composed;

mod attention;
mod cross_entropy;
mod dropout;
mod linear;
mod lstm;
mod operation;
mod residual_norm;
mod slstm;
#[cfg(test)]
mod tests;

pub use attention::{AttentionConfig, attention};
pub use cross_entropy::cross_entropy;
pub use dropout::dropout;
pub use linear::linear;
pub use lstm::lstm;
pub use residual_norm::residual_norm;
pub use slstm::slstm;
