//! The detectors against independent computations, and their promises.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests too")]

mod golden;
mod hmm;
mod jump;
mod refits;
