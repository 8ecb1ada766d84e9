//! Learning to classify windows of series from what the model makes of them.
//!
//! A window of one or several series (variates) becomes one vector ([`Tirex::pooled`](crate::Tirex::pooled)), from which a [`Head`] says the class.
//! The model may stay as it is, or its last blocks learn together with the head ([`tune`]).

mod head;
mod pooling;
mod stopping;
mod tuning;
mod windows;

pub use head::{Head, HeadError};
pub use pooling::pooled_width;
pub use stopping::{Epoch, Heard, Training};
pub use tuning::{Tuned, TuningData, tune};
pub use windows::Windows;

/// Windows, or their vectors, with the class of each.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a, T> {
    /// What is classified.
    pub inputs: T,
    /// A class for each, from 0.
    pub classes: &'a [u8],
}
