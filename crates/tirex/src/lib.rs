//! The TiRex forecaster: quantiles of what comes next in any series of numbers, without training on it.
//!
//! In goes a series of `f32`, NaN where a value is missing; out come quantiles of the next steps ([`Tirex::forecast`]) or a
//! description of the series ([`Tirex::embed`], [`Tirex::features`]). The model is an xLSTM: patches of the series become tokens, which
//! pass through blocks of an sLSTM and a gated map. Weights come from a checkpoint of PyTorch, of which nothing is
//! executed, or from a safetensors file ([`Tirex::open`]).
//!
//! The crate knows nothing of bars or markets. A forecast has the same bits at any number of threads and whatever
//! series it is made together with.

mod backbone;
mod config;
mod error;
mod features;
pub mod fine_tuning;
mod forecast;
mod model;
mod precision;
pub mod pretraining;
pub mod quality;
mod series;
mod training;
mod weights;

pub use config::TirexConfig;
pub use error::TirexError;
pub use features::{StatisticsScaler, statistics};
pub use forecast::{Forecast, ForecastOptions};
pub use model::{Embedding, Tirex};
pub use precision::Precision;
