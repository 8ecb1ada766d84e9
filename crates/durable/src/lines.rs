//! A file of lines that grows at its end.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use crate::StorageError;
use crate::file::parent_of;
use crate::system;

/// Lines that are added one by one. A line is with the system before [`LineFile::add`] returns: killing the process loses none.
#[derive(Debug)]
pub struct LineFile {
    file: File,
    path: PathBuf,
}

impl LineFile {
    /// Begins a file, or goes on with one; and the lines in it. A line that was cut off by a kill is taken away.
    ///
    /// # Errors
    /// When it can't be read or written.
    pub fn open(path: &Path) -> Result<(Self, Vec<Vec<u8>>), StorageError> {
        let parent = parent_of(path);
        system::create_dir_all(parent).map_err(StorageError::at("create", parent))?;
        let bytes = bytes_of(path)?;
        let whole = whole_length(&bytes);
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let file = opened.map_err(StorageError::at("open", path))?;
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(StorageError::at("mend", path))?;
        }
        Ok((Self { file, path: path.to_owned() }, split(&bytes)))
    }

    /// Adds a line, without its end.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn add(&mut self, line: &str) -> Result<(), StorageError> {
        let line = format!("{line}\n");
        system::write_all(&mut self.file, line.as_bytes()).map_err(StorageError::at("write", &self.path))
    }

    /// Waits until all lines are on disk.
    ///
    /// # Errors
    /// When they can't be flushed.
    pub fn sync(&self) -> Result<(), StorageError> {
        system::sync(&self.file).map_err(StorageError::at("flush", &self.path))
    }
}

/// The whole lines of a file, without their ends; none where there is no file.
///
/// # Errors
/// When it can't be read.
pub fn whole_lines(path: &Path) -> Result<Vec<Vec<u8>>, StorageError> {
    Ok(split(&bytes_of(path)?))
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, StorageError> {
    match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(StorageError::at("read", path)),
    }
}

fn whole_length(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1)
}

fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    let lines = bytes[..whole_length(bytes)].split_inclusive(|byte| *byte == b'\n');
    lines.map(|line| line[..line.len() - 1].to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_is_taken_away_also_within_a_letter() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/lines");
        assert!(whole_lines(&path).unwrap().is_empty());
        let (mut file, before) = LineFile::open(&path).unwrap();
        assert!(before.is_empty());
        file.add("one").unwrap();
        file.add("zwölf").unwrap();
        file.sync().unwrap();
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
        assert_eq!(whole_lines(&path).unwrap(), [b"one".to_vec()]);
        let (mut file, before) = LineFile::open(&path).unwrap();
        assert_eq!(before, [b"one".to_vec()]);
        file.add("two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");
    }
}
