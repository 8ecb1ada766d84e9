//! The run's configuration: one TOML file, composed of each crate's own section.

mod bar_paths;
mod economics;
mod ensemble;
mod file;
mod sections;
mod tracking;
mod validation;

pub use bar_paths::BarPaths;
pub use economics::EconomicsConfig;
pub use ensemble::{ConformalConfig, EnsembleConfig, Weighting};
pub use file::{ConfigError, ConfigFile};
pub(crate) use file::{EVERY_COLUMN, at_line, with_features};
pub(crate) use sections::ENSEMBLE;
pub use sections::{
    Config, DataConfig, ForecastConfig, LstmConfig, ReportConfig, TirexConfig, TransformerConfig,
};
pub use tracking::TrackingConfig;
pub use validation::ValidationConfig;
