//! A directory of files, published in one rename.

use std::fs;
use std::path::{Path, PathBuf};

use crate::StagedFile;
use crate::StorageError;
use crate::file::{parent_of, sync_directory, write_synced};
use crate::system;

const STAGING: &str = ".staging-";

/// A directory under construction. Nothing is visible under its final name before
/// [`StagedDirectory::publish`]; dropped before that, it is removed.
#[derive(Debug)]
pub struct StagedDirectory {
    staging: PathBuf,
    target: PathBuf,
    published: bool,
}

impl StagedDirectory {
    /// Starts a directory that is to become `target`, in a staging directory beside it. What dead
    /// processes left there is removed first.
    ///
    /// # Errors
    /// When `target` exists already or its parent can't be written.
    pub fn create(target: &Path) -> Result<Self, StorageError> {
        let parent = parent_of(target);
        system::create_dir_all(parent).map_err(StorageError::at("create", parent))?;
        remove_abandoned(parent)?;
        if target.exists() {
            let exists = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(StorageError::at("create", target)(exists));
        }
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let staging = parent.join(format!("{STAGING}{}-{name}", std::process::id()));
        system::create_dir(&staging).map_err(StorageError::at("create", &staging))?;
        Ok(Self { staging, target: target.to_owned(), published: false })
    }

    /// Adds a file; `name` may have directories, which are created.
    ///
    /// # Errors
    /// When it can't be written to disk.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let path = self.staging.join(name);
        let parent = parent_of(&path);
        system::create_dir_all(parent).map_err(StorageError::at("create", parent))?;
        write_synced(&path, bytes)
    }

    /// Where the files are until they are published.
    pub fn path(&self) -> &Path {
        &self.staging
    }

    /// Gives the directory its final name.
    ///
    /// # Errors
    /// When a directory can't be flushed or renamed; the staging directory is then removed.
    pub fn publish(mut self) -> Result<PathBuf, StorageError> {
        sync_tree(&self.staging)?;
        system::rename(&self.staging, &self.target).map_err(StorageError::at("rename to", &self.target))?;
        self.published = true;
        sync_directory(parent_of(&self.target))?;
        Ok(self.target.clone())
    }
}

impl Drop for StagedDirectory {
    fn drop(&mut self) {
        if !self.published {
            // Best effort: what stays behind is removed by the next run.
            let _ = system::remove_dir_all(&self.staging);
        }
    }
}

/// Removes a directory in one step for everybody who looks for it: it gets the name of a staging directory first.
///
/// # Errors
/// When it can't be renamed or removed; what a dead process left half-removed is removed by the next one that writes there.
pub fn remove_directory(path: &Path) -> Result<(), StorageError> {
    let parent = parent_of(path);
    remove_abandoned(parent)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let going = parent.join(format!("{STAGING}{}-{name}", std::process::id()));
    system::rename(path, &going).map_err(StorageError::at("rename", path))?;
    sync_directory(parent)?;
    system::remove_dir_all(&going).map_err(StorageError::at("remove", &going))
}

fn sync_tree(path: &Path) -> Result<(), StorageError> {
    for entry in fs::read_dir(path).map_err(StorageError::at("read", path))? {
        let child = entry.map_err(StorageError::at("read", path))?.path();
        if child.is_dir() {
            sync_tree(&child)?;
        }
    }
    sync_directory(path)
}

/// Makes sure that a directory can be written, or created where it is missing. Leaves nothing behind.
///
/// # Errors
/// When it can't.
pub fn require_writable(directory: &Path) -> Result<(), StorageError> {
    let mut existing = directory;
    while !existing.exists() && parent_of(existing) != existing {
        existing = parent_of(existing);
    }
    if !existing.is_dir() {
        let taken = std::io::Error::from(std::io::ErrorKind::NotADirectory);
        return Err(StorageError::at("create", directory)(taken));
    }
    StagedFile::create(&existing.join("probe")).map(drop)
}

/// Removes staging files and directories in `parent` whose process is gone.
///
/// # Errors
/// When `parent` can't be read or something abandoned can't be removed.
pub fn remove_abandoned(parent: &Path) -> Result<(), StorageError> {
    let entries = match fs::read_dir(parent) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StorageError::at("read", parent)(error)),
    };
    for entry in entries {
        let path = entry.map_err(StorageError::at("read", parent))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let owner = name.strip_prefix(STAGING).and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(|process| process != std::process::id() && !is_running(process)) {
            let removed =
                if path.is_dir() { system::remove_dir_all(&path) } else { system::remove_file(&path) };
            match removed {
                // Somebody else was faster.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                removed => removed.map_err(StorageError::at("remove", &path))?,
            }
        }
    }
    Ok(())
}

/// True when a process of that id exists. Where the system has no `/proc`, every owner counts as running
/// and nothing is removed.
fn is_running(process: u32) -> bool {
    !Path::new("/proc/self").exists() || Path::new(&format!("/proc/{process}")).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appears_only_when_published() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("models/a/0.1.0");
        let staged = StagedDirectory::create(&target).unwrap();
        staged.write("manifest.json", b"{}").unwrap();
        staged.write("plots/x.svg", b"<svg/>").unwrap();
        assert!(!target.exists());
        staged.publish().unwrap();
        assert_eq!(fs::read(target.join("plots/x.svg")).unwrap(), b"<svg/>");
        assert!(StagedDirectory::create(&target).is_err());
        assert_eq!(fs::read_dir(root.path().join("models/a")).unwrap().count(), 1);
    }

    #[test]
    fn dropped_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        drop(StagedDirectory::create(&root.path().join("x")).unwrap());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_place_that_is_no_directory_can_not_be_written() {
        let root = tempfile::tempdir().unwrap();
        require_writable(&root.path().join("new/below")).unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        fs::write(root.path().join("file"), b"").unwrap();
        assert!(require_writable(&root.path().join("file")).is_err());
    }

    #[test]
    fn what_a_dead_process_left_is_removed() {
        let root = tempfile::tempdir().unwrap();
        // No process has the largest id that the kernel could give.
        let dead = root.path().join(format!("{STAGING}4194304-x"));
        let alive = root.path().join(format!("{STAGING}1-x"));
        fs::create_dir_all(dead.join("inside")).unwrap();
        fs::create_dir(&alive).unwrap();
        fs::write(root.path().join("kept"), b"").unwrap();
        remove_abandoned(root.path()).unwrap();
        assert!(!dead.exists());
        fs::write(&dead, b"half a file").unwrap();
        crate::write_file(&root.path().join("kept"), b"").unwrap();
        assert!(!dead.exists());
        assert!(alive.exists() && root.path().join("kept").exists());
    }
}
