//! The run's configuration: one TOML file, composed of each crate's own section.

mod file;
mod sections;

pub use file::{ConfigError, ConfigFile};
pub use sections::{
    Config, DataConfig, LstmConfig, ReportConfig, TransformerConfig, ValidationConfig, ValidationMode,
};
