//! catch22 against pycatch22 0.6.0 (`tests/oracle/catch22.py`), and its promises.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod golden;
mod properties;
mod windows;
