//! What forest and boosting promise, seen from outside.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "it/boosting.rs"]
mod boosting;
#[path = "it/explaining.rs"]
mod explaining;
#[path = "it/fitting.rs"]
mod fitting;
#[path = "it/invariance.rs"]
mod invariance;
#[path = "it/missing.rs"]
mod missing;
#[path = "it/oracle.rs"]
mod oracle;
#[path = "it/saving.rs"]
mod saving;
#[path = "it/synthetic.rs"]
mod synthetic;
#[path = "it/weighing.rs"]
mod weighing;
