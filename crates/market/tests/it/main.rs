//! Tests of the crate from outside.
#![expect(clippy::unwrap_used, reason = "tests")]

mod resample_properties;
mod resample_real;
