//! The `predictor` program as a user meets it: damaged bundles and bad bars are refused in one line.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

#[path = "it/bad_bars.rs"]
mod bad_bars;
#[path = "it/bench.rs"]
mod bench;
#[path = "it/damage.rs"]
mod damage;
#[path = "it/feed.rs"]
mod feed;
#[path = "it/forgery.rs"]
mod forgery;
#[path = "it/help.rs"]
mod help;
#[path = "it/http.rs"]
mod http;
#[path = "it/live.rs"]
mod live;
#[path = "it/output.rs"]
mod output;
#[path = "it/served.rs"]
mod served;
