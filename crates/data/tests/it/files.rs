//! Files that the tests write.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use data::{LoadError, LoadOptions, LoadedBars, load};
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

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

/// A zip archive with these files, deflated.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file(*name, deflated).expect("memory takes it");
        archive.write_all(content).expect("memory takes it");
    }
    archive.finish().expect("memory takes it").into_inner()
}

/// A directory with files, gone at the end of the test.
pub(crate) struct Folder {
    directory: TempDir,
}

impl Folder {
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for (name, content) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().expect("it is in the directory")).expect("a directory");
            std::fs::write(path, content).expect("a writable file");
        }
        Self { directory }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// The message of a refused file: one line that names the file.
pub(crate) fn refused(result: Result<LoadedBars, LoadError>, path: &Path) -> String {
    let name = path.file_name().expect("a named file").to_string_lossy();
    let text = match result {
        Ok(loaded) => panic!("{name} must be refused: {}", loaded.quality),
        Err(error) => error.to_string(),
    };
    assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
    assert!(text.contains(&*name), "{text}");
    assert!(text.contains("; "), "says what to do: {text}");
    text
}
