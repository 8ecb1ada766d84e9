//! What this crate asks of the file system, one operation at a time.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

#[cfg(feature = "faults")]
use crate::faults::{Verdict, judge};

/// Stands before every operation: with the feature `faults` a test may refuse it.
#[cfg(feature = "faults")]
fn allowed() -> io::Result<()> {
    match judge(false) {
        Verdict::Go => Ok(()),
        Verdict::Half(error) | Verdict::Stop(error) => Err(error),
    }
}

#[cfg(not(feature = "faults"))]
#[expect(clippy::unnecessary_wraps, reason = "with the feature it may refuse")]
fn allowed() -> io::Result<()> {
    Ok(())
}

pub(crate) fn create_dir_all(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    allowed()?;
    fs::create_dir_all(path)
}

pub(crate) fn create_dir(path: &Path) -> io::Result<()> {
    allowed()?;
    fs::create_dir(path)
}

pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    allowed()?;
    File::create(path)
}

/// Writes some of the bytes.
pub(crate) fn write(file: &mut File, bytes: &[u8]) -> io::Result<usize> {
    #[cfg(feature = "faults")]
    match judge(true) {
        Verdict::Go => {}
        Verdict::Half(error) => {
            file.write_all(&bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        Verdict::Stop(error) => return Err(error),
    }
    file.write(bytes)
}

pub(crate) fn write_all(file: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match write(file, bytes)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => bytes = &bytes[written..],
        }
    }
    Ok(())
}

pub(crate) fn sync(file: &File) -> io::Result<()> {
    allowed()?;
    file.sync_all()
}

pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    allowed()?;
    fs::rename(from, to)
}

pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    allowed()?;
    fs::remove_file(path)
}

pub(crate) fn remove_dir_all(path: &Path) -> io::Result<()> {
    allowed()?;
    fs::remove_dir_all(path)
}
