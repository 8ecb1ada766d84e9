//! The `trainer` program as a user meets it: exit codes, one-line errors, and nothing half-written.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

#[path = "it/bad_bars.rs"]
mod bad_bars;
#[path = "it/bad_config.rs"]
mod bad_config;
#[path = "it/bench.rs"]
mod bench;
#[path = "it/compare.rs"]
mod compare;
#[path = "it/data_check.rs"]
mod data_check;
#[path = "it/data_fetch.rs"]
mod data_fetch;
#[path = "it/data_resample.rs"]
mod data_resample;
#[path = "it/detect.rs"]
mod detect;
#[path = "it/features_command.rs"]
mod features_command;
#[path = "it/help.rs"]
mod help;
#[path = "it/killed.rs"]
mod killed;
#[path = "it/leak_check.rs"]
mod leak_check;
#[path = "it/models.rs"]
mod models;
#[path = "it/outputs.rs"]
mod outputs;
#[allow(dead_code, reason = "shared with the tests of the exchange crate, which use more of it")]
#[path = "../../exchange/tests/it/publication.rs"]
mod publication;
#[path = "it/resume.rs"]
mod resume;
#[path = "it/search.rs"]
mod search;
#[allow(dead_code, reason = "shared with the tests of the exchange crate, which use more of it")]
#[path = "../../exchange/tests/it/server.rs"]
mod server;
#[path = "it/tirex.rs"]
mod tirex;
#[path = "it/tracking.rs"]
mod tracking;
#[path = "it/validate.rs"]
mod validate;
