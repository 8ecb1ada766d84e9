//! Characteristics of a window of numbers: catch22 and tsfresh-style features. The crate knows no
//! bars and keeps no state between windows: values in, a fixed set of named numbers out.

mod catch22;
mod tsfresh;

pub use catch22::{CATCH22, Catch22, Catch22Feature};
pub use tsfresh::{TSFRESH, Tsfresh, TsfreshFeature};
