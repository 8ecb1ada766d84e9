//! Where runs are told.

use serde::{Deserialize, Serialize};

/// A tracking server, beside the journal that every run has. Not part of what a run depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrackingConfig {
    /// Address of an `MLflow` server, such as `http://127.0.0.1:5000`; `MLFLOW_TRACKING_URI` goes before it.
    pub mlflow: Option<String>,
    /// Experiment; by default the config's name, and `MLFLOW_EXPERIMENT_NAME` goes before it.
    pub experiment: Option<String>,
}

impl TrackingConfig {
    /// The address of the server, where there is one.
    pub fn server(&self) -> Option<String> {
        variable("MLFLOW_TRACKING_URI").or_else(|| self.mlflow.clone())
    }

    /// The experiment of a run of a config of this name.
    pub fn experiment(&self, name: &str) -> String {
        let of_config = || self.experiment.clone().unwrap_or_else(|| name.to_owned());
        variable("MLFLOW_EXPERIMENT_NAME").unwrap_or_else(of_config)
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
