//! The labels against independent computations, and their promises.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests too")]

mod balance;
mod bars;
mod golden;
mod parameters;
mod properties;
mod real_markets;
mod refits;
mod second_computation;
mod single_feature;
mod standstill;
