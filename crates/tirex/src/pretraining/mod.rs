//! Learning to forecast from series that are made up.

mod generators;
mod judging;
mod run;
mod sample;

pub use generators::{MadeUp, SeriesKind, held_out_series, is_held_out, series, series_of};
pub use judging::held_out_quality;
pub use run::{Pretraining, PretrainingRun, Standing};
