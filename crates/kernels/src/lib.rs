//! Fused CPU operations of neural networks, forward and backward.

mod activation;
mod attention;
#[cfg(feature = "burn")]
pub mod burn;
mod cross_entropy;
mod dropout;
#[cfg(test)]
mod gradient_tests;
mod instructions;
mod linear;
mod lstm;
mod matrix;
mod norm;
mod product;
#[cfg(test)]
mod reference;
mod slstm;
mod sum;
#[cfg(test)]
mod testing;

pub use attention::Attention;
pub use cross_entropy::cross_entropy;
pub use dropout::DropoutMask;
pub use instructions::Instructions;
pub use linear::{Activation, activation_backward, linear, linear_forward};
pub use lstm::{LstmGradients, LstmTrace, lstm_backward, lstm_forward, lstm_states};
pub use matrix::Matrix;
pub use norm::{
    Norm, NormGradients, NormTrace, residual_norm, residual_norm_backward, residual_norm_forward,
};
pub use product::{Packed, Start, Threads, product, transposed_product};
pub use slstm::{SlstmGradients, SlstmTrace, slstm_backward, slstm_forward};
pub use sum::column_sums;
