//! Why a bundle was not written or not accepted.

use std::path::PathBuf;

use durable::StorageError;
use features::SchemaError;
use models::{LoadError, PredictError};

use crate::pipeline::PipelineError;
use crate::registry::RegistryError;

/// A bundle that can't be written or must not be used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// No bundle there.
    #[error(transparent)]
    NotFound(#[from] RegistryError),
    /// The disk refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The manifest is not JSON of the known form.
    #[error("{} is not a manifest this program understands ({reason}); use the version that wrote it, or train again", path.display())]
    Manifest {
        /// Manifest.
        path: PathBuf,
        /// What the parser says.
        reason: String,
    },
    /// Written by a later format.
    #[error("{} has bundle format {found}, this program reads format {known}; use a newer program, or train again", path.display())]
    Format {
        /// Manifest.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// Ours.
        known: u32,
    },
    /// A file differs from what the manifest says.
    #[error("{} is damaged: {what}; restore it from a backup, or train again", path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// What differs.
        what: String,
    },
    /// A path that leaves the bundle, or a link.
    #[error("the manifest lists `{0}`, which is not a plain file inside the bundle; do not use this bundle")]
    Path(String),
    /// Features computed differently here.
    #[error("{}: {source}", path.display())]
    Schema {
        /// Bundle.
        path: PathBuf,
        /// Difference.
        source: SchemaError,
    },
    /// A member's files.
    #[error("{}: {source}", path.display())]
    Member {
        /// Bundle.
        path: PathBuf,
        /// Cause.
        source: LoadError,
    },
    /// Parts that do not fit together.
    #[error("{}: {source}", path.display())]
    Pipeline {
        /// Bundle.
        path: PathBuf,
        /// Cause.
        source: PipelineError,
    },
    /// Weights could not be read from their device.
    #[error(transparent)]
    Weights(#[from] PredictError),
}
