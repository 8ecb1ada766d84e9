//! The feature engine against independent computations, and the promises of its contract.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests too")]

mod alpha_ties;
mod alphas;
mod bars;
mod cross_asset;
mod documentation;
mod golden;
mod oracle;
mod properties;
mod schema;
mod settled;
mod shared_indicators;
