//! Files that the tests write.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use data::{LoadError, LoadOptions, LoadedBars, load};
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

pub(crate) const HEADER: &str = "timestamp,open,high,low,close,volume\n";
/// 2024-01-01 in milliseconds.
pub(crate) const START: i64 = 1_704_067_200_000;
pub(crate) const MINUTE: i64 = 60_000;

/// A directory with one file, gone at the end of the test.
pub(crate) struct Written {
    _directory: TempDir,
    pub(crate) path: PathBuf,
}

impl Written {
    pub(crate) fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join(name);
        std::fs::write(&path, content).expect("a writable file");
        Self { _directory: directory, path }
    }

    pub(crate) fn load(&self) -> Result<LoadedBars, LoadError> {
        load(&self.path, &LoadOptions::default())
    }
}

/// Loads text as `bars.csv`.
pub(crate) fn loaded(content: impl AsRef<[u8]>, options: &LoadOptions) -> Result<LoadedBars, LoadError> {
    load(&Written::new("bars.csv", content).path, options)
}

/// A good row, `minute` minutes after the start.
pub(crate) fn row(minute: i64) -> String {
    format!("{},10,12,9,11,5\n", START + minute * MINUTE)
}

/// A header and good rows at these minutes.
pub(crate) fn file(minutes: impl IntoIterator<Item = i64>) -> String {
    let mut text = HEADER.to_owned();
    for minute in minutes {
        text.push_str(&row(minute));
    }
    text
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// The message of a refused file: one line that names the file.
pub(crate) fn refused(result: Result<LoadedBars, LoadError>, path: &Path) -> String {
    let text =
        result.map(|loaded| loaded.quality.to_string()).expect_err("the file must be refused").to_string();
    assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
    let name = path.file_name().expect("a named file").to_string_lossy();
    assert!(text.contains(&*name), "{text}");
    assert!(text.contains("; "), "says what to do: {text}");
    text
}
