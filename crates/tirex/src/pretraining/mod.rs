//! Learning to forecast from series that are made up.

mod generators;
mod run;
mod sample;

pub use generators::{MadeUp, SeriesKind, held_out_series, is_held_out, series, series_of};
pub use run::{Pretraining, Standing};
