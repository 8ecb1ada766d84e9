//! Operations of neural networks on the CPU that are faster together than one by one, each with a
//! hand-written derivative.
//!
//! Slices of `f32`, row-major, go in and come out; [`Instructions`] chooses AVX-512, AVX2 or portable code
//! at run time; work is shared among the threads of the current `rayon` pool. Any size will do. Results are
//! the same to the bit at any number of threads, and a row's result does not depend on the rows that are
//! computed with it.
//!
//! - [`product`] with a [`Packed`] right operand, [`transposed_product`] for weight gradients;
//! - [`linear_forward`] with an [`Activation`], and [`activation_backward`];
//! - [`lstm_forward`], [`lstm_backward`], and [`lstm_states`] to go on step by step;
//! - [`slstm_forward`], [`slstm_backward`]: the sLSTM of xLSTM, and [`slstm_states`] to go on step by step;
//! - [`Attention`] over packed queries, keys and values;
//! - [`residual_norm_forward`], [`residual_norm_backward`]: [`Norm::Layer`] or [`Norm::Rms`], and [`normalise`];
//! - [`cross_entropy`], [`DropoutMask`].
//!
//! With the feature `burn` the module `burn` has the same as functions of Burn tensors, for its autodiff
//! graph. The crate has no layers, no optimiser and no idea of what its numbers mean.
//!
//! ```
//! use kernels::{Instructions, Matrix, Packed, Start, Threads, product};
//!
//! let weight = Packed::new(Instructions::best(), Matrix::new(&[1.0, 2.0, 3.0, 4.0], 2));
//! let mut out = [0.0; 2];
//! product(Threads::Caller, &[1.0, 10.0], &weight, Start::Row(&[0.5, 0.5]), &mut out, &mut [], |_, _, _| ());
//! assert_eq!(out, [31.5, 42.5]);
//! ```

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
mod parts;
mod product;
#[cfg(test)]
mod reference;
mod slstm;
mod sum;
#[cfg(test)]
mod testing;
mod tile;

pub use attention::Attention;
pub use cross_entropy::cross_entropy;
pub use dropout::DropoutMask;
pub use instructions::Instructions;
pub use linear::{Activation, activation_backward, linear, linear_forward, silu_gated};
pub use lstm::{LstmGradients, LstmTrace, lstm_backward, lstm_forward, lstm_states};
pub use matrix::Matrix;
pub use norm::{
    Norm, NormGradients, NormTrace, normalise, residual_norm, residual_norm_backward, residual_norm_forward,
};
pub use product::{Packed, Start, Threads, product, transposed_product};
pub use slstm::{SlstmGradients, SlstmState, SlstmTrace, slstm_backward, slstm_forward, slstm_states};
pub use sum::column_sums;
