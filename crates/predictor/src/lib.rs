//! The predictor: a bundle and bars in, predictions out.
//!
//! Comes in: the path of a bundle and bars, from files, standard input, an exchange's stream or requests. Goes out: one
//! prediction for every bar that has enough past, made by the same pipeline code that the validation used, and how good those
//! were once their outcomes are known. Learns nothing; it knows a label only to resolve outcomes from bars that came later.

mod cli;
mod export;
mod feed;
mod inline;
mod input;
mod inspect;
mod live;
mod predict;
mod replay;
mod serve;
mod stream;
mod write;

pub use cli::run;
