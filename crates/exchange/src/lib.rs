//! An exchange's public market data, as files that are right or not there.
//!
//! Comes in: a [`FetchRequest`] (symbol, bar length, days, addresses, the present instant). Goes out: a
//! folder of verified monthly and daily archives and cached REST days with a manifest, and one
//! `SYMBOL-INTERVAL.csv.gz` of closed bars in time order. Every archive is compared with the exchange's
//! SHA-256 before it gets its name; a download that was cut off goes on where it stopped; a second fetch
//! asks for nothing that is here already. Does not judge the bars (the `data` crate does when it loads
//! them), does not stream, and needs no key.

mod assemble;
mod checksum;
mod download;
mod error;
mod fetch;
mod interval;
mod kline;
mod kline_file;
mod manifest;
mod period;
mod plan;
mod product;
mod progress;
mod recent;
mod request;
mod rest;
mod retry;
mod symbol;
mod web;

pub use error::{FetchError, RequestError};
pub use fetch::fetch;
pub use interval::Interval;
pub use period::Period;
pub use plan::Plan;
pub use product::Product;
pub use progress::{FetchEvent, FetchProgress};
pub use recent::closed_bars;
pub use request::{FetchRequest, Fetched};
pub use retry::{Patience, RetryPolicy, Sleep};
pub use symbol::Symbol;
pub use web::Connection;
