//! A file written piece by piece, published in one rename.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::StorageError;
use crate::directory::remove_abandoned;
use crate::file::{parent_of, sync_directory};
use crate::system;

/// A file under construction. Nothing is visible under its final name before [`StagedFile::publish`];
/// dropped before that, it is removed.
#[derive(Debug)]
pub struct StagedFile {
    file: File,
    staging: PathBuf,
    target: PathBuf,
    published: bool,
}

impl StagedFile {
    /// Starts a file that is to become `target`, under a temporary name beside it. Missing parent
    /// directories are created, and what dead processes left there is removed.
    ///
    /// # Errors
    /// When the directory can't be written.
    pub fn create(target: &Path) -> Result<Self, StorageError> {
        let parent = parent_of(target);
        system::create_dir_all(parent).map_err(StorageError::at("create", parent))?;
        remove_abandoned(parent)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let staging = parent.join(format!(".staging-{}-{name}", std::process::id()));
        let file = system::create_file(&staging).map_err(StorageError::at("create", &staging))?;
        Ok(Self { file, staging, target: target.to_owned(), published: false })
    }

    /// Where the bytes are until they are published.
    pub fn path(&self) -> &Path {
        &self.staging
    }

    /// Gives the file its final name, in place of what was there.
    ///
    /// # Errors
    /// When it can't be flushed or renamed; the temporary file is then removed.
    pub fn publish(mut self) -> Result<(), StorageError> {
        publish_file(&self.staging, &self.target)?;
        self.published = true;
        Ok(())
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        system::write(&mut self.file, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if !self.published {
            // Best effort: what stays behind is removed by the next run.
            let _ = system::remove_file(&self.staging);
        }
    }
}

/// Gives a finished file of the same directory its final name, after its contents have reached the disk.
///
/// # Errors
/// When it can't be flushed or renamed; an existing file at `target` is then untouched.
pub fn publish_file(temporary: &Path, target: &Path) -> Result<(), StorageError> {
    let file = File::open(temporary).map_err(StorageError::at("open", temporary))?;
    system::sync(&file).map_err(StorageError::at("flush", temporary))?;
    system::rename(temporary, target).map_err(StorageError::at("rename to", target))?;
    sync_directory(parent_of(target))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn appears_only_when_published() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("a/b.txt");
        fs::create_dir(directory.path().join("a")).unwrap();
        fs::write(&target, b"old").unwrap();
        let mut staged = StagedFile::create(&target).unwrap();
        staged.write_all(b"one ").unwrap();
        staged.write_all(b"two").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"old");
        staged.publish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"one two");
        assert_eq!(fs::read_dir(directory.path().join("a")).unwrap().count(), 1);
    }

    #[test]
    fn dropped_or_refused_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("taken");
        drop(StagedFile::create(&target).unwrap());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        fs::create_dir_all(target.join("inside")).unwrap();
        assert!(StagedFile::create(&target).unwrap().publish().is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
