//! Features of OHLCV bars, computed one closed bar at a time.
//!
//! Comes in: bars in time order. Goes out: a row of finite numbers for every bar, and the schema that
//! names them. A family of features describes its columns as combinations of signals; the graph of all
//! signals is executed for one bar ([`FeatureEngine::update`]) or for blocks of bars ([`FeatureTable`])
//! with the same operations, so batch, stream and replay give the same bits. State restarts after a hole
//! that the series' gap policy calls too long. Knows no model, and nothing of the future.
//!
//! Adding a feature: one file in `families`, one arm in `family::Family`, its name in a set.

mod catalogue;
mod documentation;
mod engine;
mod families;
mod family;
mod feature_set;
mod graph;
mod missing_input;
mod rolling;
mod rolling_median;
mod schema;
mod sets;
mod smoothing;
mod spec;
mod table;

pub use documentation::documentation;
pub use engine::{EngineStateError, FeatureEngine, FeatureRow};
pub use feature_set::FeatureSet;
pub use graph::BarColumns;
pub use missing_input::{MissingField, MissingInput, MissingReference};
pub use rolling::{Window, mean, population_std, sample_std, sum};
pub use rolling_median::RollingMedian;
pub use schema::{Column, FeatureSchema, Group, SchemaError};
pub use sets::set_names;
pub use smoothing::settling_bars;
pub use spec::{FeatureSpec, FeatureSpecError};
pub use table::{FeatureColumns, FeatureTable};
