//! The words every other crate speaks: bars, series with their gaps, larger timeframes, time, regime classes,
//! probabilities, predictions and seeds.
//!
//! Comes in: plain numbers and strings. Goes out: values that are valid by construction, so nothing
//! downstream checks a bar again. Does not read files, compute features or know a model.

mod bar;
mod classes;
mod prediction;
mod probabilities;
mod reference;
mod resample;
mod seed;
mod series;
mod taxonomy;
mod time;

pub use bar::{Bar, BarError};
pub use classes::{Classes, ClassesError};
pub use prediction::{ForecastInterval, Prediction, PredictionSource};
pub use probabilities::{ClassProbabilities, ProbabilityError};
pub use reference::{Reference, ReferenceError};
pub use resample::{ClosedBars, ResampleError, Resampler, resample};
pub use seed::{Purpose, Seed};
pub use series::{BarSeries, GapPolicy, Hole, SeriesError};
pub use taxonomy::{Daily, Direction, Nautilus, Taxonomy, Trend, TrendVol, Volatility};
pub use time::{TimeError, Timeframe, Timestamp};
