//! Tests of the characteristics against other implementations, and of what they promise.

mod catch22;
mod tsfresh;
