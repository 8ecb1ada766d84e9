//! An `MLflow` tracking server, spoken to by its REST API. Whatever can be asked for twice may be; the rest is looked for first.

mod client;
mod limits;
mod models;
mod runs;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use client::{Mlflow, ServerError};
pub(crate) use limits::batches;
pub(crate) use models::SentModel;

/// What is known of a server, so that it need not be asked again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    /// Ids of experiments by name.
    pub(crate) experiments: BTreeMap<String, String>,
    /// Runs by their key.
    pub(crate) runs: BTreeMap<String, KnownRun>,
}

/// A run on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownRun {
    /// Its id.
    pub(crate) id: String,
    /// Experiment.
    pub(crate) experiment: String,
    /// Where its files go.
    pub(crate) artifacts: String,
}
