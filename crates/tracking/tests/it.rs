//! Delivery to a server that keeps `MLflow`'s rules, through kills and refusals; and to a real one when `MLFLOW_TEST_URI` names it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "it/delivery.rs"]
mod delivery;
#[path = "it/fake.rs"]
mod fake;
