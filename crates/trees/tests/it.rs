//! What the forest promises, seen from outside.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "it/fitting.rs"]
mod fitting;
#[path = "it/invariance.rs"]
mod invariance;
#[path = "it/saving.rs"]
mod saving;
#[path = "it/synthetic.rs"]
mod synthetic;
