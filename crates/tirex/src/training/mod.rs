//! The network with its derivative, and what moves its weights.

pub(crate) mod network;
pub(crate) mod optimiser;
pub(crate) mod parameters;
