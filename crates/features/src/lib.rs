//! Features of OHLCV bars, computed one closed bar at a time.
//!
//! Comes in: bars in time order. Goes out: a row of finite numbers for every bar, and the schema that
//! names them. There is one implementation: [`FeatureEngine::update`] takes a bar, and a batch
//! ([`FeatureTable::compute`]) is its fold, so batch, stream and replay give the same bits. State restarts
//! after a hole that the series' gap policy calls too long. Knows no label and no model.
//!
//! Adding a feature: one file in `families`, one arm in `family::Family`, its name in a set.

mod engine;
mod families;
mod family;
mod rolling;
mod rolling_median;
mod schema;
mod sets;
mod smoothing;
mod table;

pub use engine::{FeatureEngine, FeatureRow};

pub use rolling::{Window, mean, population_std, sample_std, sum};
pub use rolling_median::RollingMedian;
pub use schema::{Column, FeatureSchema, Group, SchemaError};
pub use sets::{FeatureSet, FeatureSpec, FeatureSpecError};
pub use smoothing::{Ema, settling_bars};
pub use table::FeatureTable;
