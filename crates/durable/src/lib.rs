//! Files and directories that appear whole or not at all.
//!
//! Comes in: bytes and a place. Goes out: a file or directory that is complete under its final name, after
//! its contents have reached the disk, or nothing under that name. A process killed half-way leaves at
//! most a staging directory whose name starts with `.staging-`, which the next run removes.

mod directory;
#[cfg(feature = "faults")]
pub mod faults;
mod file;
mod hash;
mod lines;
mod staged_file;
mod system;

pub use directory::{StagedDirectory, remove_abandoned, remove_directory, require_writable};
pub use file::write_file;
pub use hash::{sha256_file, sha256_hex};
pub use lines::{LineFile, whole_lines};
pub use staged_file::{StagedFile, publish_file};

use std::path::{Path, PathBuf};

/// An operation on a path that the system refused.
#[derive(Debug, thiserror::Error)]
#[error("can't {action} {}: {cause}", path.display())]
pub struct StorageError {
    action: &'static str,
    path: PathBuf,
    cause: std::io::Error,
}

impl StorageError {
    /// What the system said.
    pub fn kind(&self) -> std::io::ErrorKind {
        self.cause.kind()
    }

    fn at(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |cause| Self { action, path: path.to_owned(), cause }
    }
}
