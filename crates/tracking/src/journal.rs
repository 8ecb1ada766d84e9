//! A file of lines, one for each thing that happened.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use durable::{LineFile, StorageError};

use crate::entry::Entry;

/// A journal that is being written. A line is on its way to the disk before [`Journal::add`] returns: killing the process loses
/// none of them.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    file: LineFile,
    lines: usize,
    closed: bool,
    /// The first refusal of the disk; nothing is written after it.
    fault: Option<String>,
}

/// What is wrong with a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Nobody else could be kept from it.
    #[error("can't lock the journal {}: {cause}", path.display())]
    Lock {
        /// Journal.
        path: PathBuf,
        /// Cause.
        cause: std::io::Error,
    },
    /// A line that is none.
    #[error("{}:{line} can't be understood ({reason}); remove the line, or use the version that wrote it", path.display())]
    Line {
        /// Journal.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What the parser says.
        reason: String,
    },
}

impl Journal {
    /// Begins a journal, or goes on with one. A line that was cut off by a kill is taken away.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let (file, before) = LineFile::open(path)?;
        let state = Mutex::new(State { file, lines: before.len(), closed: false, fault: None });
        Ok(Self { path: path.to_owned(), state, changed: Condvar::new() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line. What the disk refuses is told once, by [`Journal::fault`]; a run is not to fail for it.
    pub fn add(&self, entry: &Entry) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.fault.is_some() {
            return;
        }
        let written = match serde_json::to_string(entry) {
            Ok(line) => state.file.add(&line).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match written {
            Ok(()) => state.lines += 1,
            Err(why) => state.fault = Some(why),
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Why nothing is written any more.
    pub fn fault(&self) -> Option<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).fault.clone()
    }

    /// Nothing more will come.
    pub fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }

    /// Waits until there are more lines than `known`, it is closed, or some time has passed; how many there are, and whether
    /// it is closed.
    pub(crate) fn wait(&self, known: usize, most: std::time::Duration) -> (usize, bool) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited =
            self.changed.wait_timeout_while(state, most, |state| state.lines <= known && !state.closed);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (state.lines, state.closed)
    }
}

/// The whole lines of a journal.
///
/// # Errors
/// [`JournalError`] when it can't be read or a line is no entry.
pub fn entries(path: &Path) -> Result<Vec<Entry>, JournalError> {
    let parse = |(index, line): (usize, Vec<u8>)| {
        serde_json::from_slice(&line).map_err(|error| JournalError::Line {
            path: path.to_owned(),
            line: index + 1,
            reason: error.to_string(),
        })
    };
    durable::whole_lines(path)?.into_iter().enumerate().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Status;

    fn end(at: i64) -> Entry {
        Entry::End { run: "a".to_owned(), status: Status::Finished, at }
    }

    #[test]
    fn a_line_that_was_cut_off_is_no_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/run.jsonl");
        let journal = Journal::open(&path).unwrap();
        journal.add(&end(1));
        journal.add(&end(2));
        drop(journal);
        let mut text = fs::read_to_string(&path).unwrap();
        text.truncate(text.len() - 5);
        fs::write(&path, text).unwrap();
        assert_eq!(entries(&path).unwrap(), [end(1)]);
        let journal = Journal::open(&path).unwrap();
        journal.add(&end(3));
        assert_eq!(entries(&path).unwrap(), [end(1), end(3)]);
        assert_eq!(journal.wait(1, std::time::Duration::ZERO), (2, false));
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.jsonl");
        fs::write(&path, "{\"what\":\"nothing\"}\n").unwrap();
        assert!(entries(&path).unwrap_err().to_string().contains("run.jsonl:1 can't be understood"));
    }
}
