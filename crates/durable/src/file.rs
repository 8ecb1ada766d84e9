//! One file, replaced atomically.

use std::fs::File;
use std::path::Path;

use crate::StorageError;
use crate::directory::remove_abandoned;
use crate::system;

/// Writes `bytes` to `path`: first under a temporary name beside it, flushed to disk, then renamed.
/// Missing parent directories are created, and what dead processes left there is removed.
///
/// # Errors
/// When a step is refused; an existing file at `path` is then untouched.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), StorageError> {
    let parent = parent_of(path);
    system::create_dir_all(parent).map_err(StorageError::at("create", parent))?;
    remove_abandoned(parent)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = parent.join(format!(".staging-{}-{name}", std::process::id()));
    let written = write_synced(&temporary, bytes)
        .and_then(|()| system::rename(&temporary, path).map_err(StorageError::at("rename to", path)));
    if written.is_err() {
        // The error that matters is the first one; what could not be written may not be removable either.
        let _ = system::remove_file(&temporary);
    }
    written?;
    sync_directory(parent)
}

/// The directory of a path; the current one for a bare name.
pub(crate) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes a new file and waits until it is on disk.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), StorageError> {
    let mut file = system::create_file(path).map_err(StorageError::at("create", path))?;
    system::write_all(&mut file, bytes).map_err(StorageError::at("write", path))?;
    system::sync(&file).map_err(StorageError::at("flush", path))
}

/// Waits until the names in a directory are on disk.
pub(crate) fn sync_directory(path: &Path) -> Result<(), StorageError> {
    let directory = File::open(path).map_err(StorageError::at("open", path))?;
    system::sync(&directory).map_err(StorageError::at("flush", path))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn replaces_and_leaves_nothing_beside() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b.txt");
        write_file(&path, b"one").unwrap();
        write_file(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(directory.path().join("a")).unwrap().count(), 1);
    }

    #[test]
    fn a_refused_write_keeps_what_was_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("taken");
        fs::create_dir_all(path.join("inside")).unwrap();
        assert!(write_file(&path, b"x").is_err());
        assert!(path.join("inside").is_dir());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
