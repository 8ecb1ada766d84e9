//! Detectors against known truth, seen from outside.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests too")]

mod bayes_filter;
mod causality;
mod gates;
mod known_truth;
mod naming;
mod study;
