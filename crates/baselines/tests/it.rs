//! What the baselines promise, seen from outside.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "it/causality.rs"]
mod causality;
#[path = "it/contract.rs"]
mod contract;
#[path = "it/fold.rs"]
mod fold;
#[path = "it/known_chain.rs"]
mod known_chain;
#[path = "it/scikit.rs"]
mod scikit;
