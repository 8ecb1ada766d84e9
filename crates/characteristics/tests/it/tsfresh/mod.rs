//! The tsfresh-style features against tsfresh 0.21.2 (`tests/oracle/tsfresh.py`), and their promises.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod golden;
mod properties;
