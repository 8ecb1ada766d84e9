//! Why there is no history.

use std::path::PathBuf;

/// A file that can't be used, or a disk that refuses.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Can't be opened.
    #[error("can't open the history {}: {cause}; name another file with --history, or move this one away", path.display())]
    Open {
        /// File.
        path: PathBuf,
        /// Cause.
        cause: rusqlite::Error,
    },
    /// Another form.
    #[error("{} is a history of format {found}, this program writes format {known}; use the program that wrote it, or name another file with --history", path.display())]
    Format {
        /// File.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Another process writes it.
    #[error("another process writes the history {}; end it, or name another file with --history", .0.display())]
    Taken(PathBuf),
    /// A statement failed.
    #[error("the history can't be used now: {0}")]
    Database(#[from] rusqlite::Error),
}
