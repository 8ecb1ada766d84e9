//! Splits: properties on random markets, and the folds of other implementations.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod faults;
mod oracle;
mod pool;
mod properties;
mod random_market;
mod scheme;
mod sealed;
