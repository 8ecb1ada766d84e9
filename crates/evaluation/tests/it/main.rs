//! Integration tests of the crate `evaluation`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests too")]
#![allow(clippy::float_cmp, reason = "counts kept as f64 are whole numbers")]

mod economics;
mod golden;
mod intervals;
mod scores;
mod splits;
