//! The downloader against a server on this machine that serves the exchange's formats and faults.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests too")]

mod archives;
mod contents;
mod fallback;
mod faults;
mod fetching;
mod killed;
mod local;
mod publication;
mod rest;
mod server;
