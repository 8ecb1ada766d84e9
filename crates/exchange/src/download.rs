//! One file of the archive: downloaded, resumed, verified, and only then given its name.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use durable::{publish_file, sha256_file};
use reqwest::StatusCode;
use reqwest::blocking::Response;
use reqwest::header::{CONTENT_RANGE, RANGE};

use crate::checksum::checksum_of;
use crate::progress::Volume;
use crate::web::{Failure, accepted, interrupted, passing};
use crate::{Connection, FetchError, FetchEvent, FetchProgress};

/// Longest file that is downloaded; a month of one-second bars is a hundredth of it.
const LONGEST_FILE: u64 = 8 << 30;
const PARTIAL: &str = ".partial-";
/// How much longer than ever before an attempt has to make the file to count as progress.
const PROGRESS_BYTES: u64 = 1 << 16;

/// A file of the archive and where it is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Download<'a> {
    pub(crate) url: &'a str,
    pub(crate) name: &'a str,
    pub(crate) folder: &'a Path,
}

/// A verified file under its final name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

impl Download<'_> {
    /// Downloads the file unless it is there already; none when the archive doesn't have it.
    ///
    /// What came is compared with the checksum file; if it differs, both are asked for once more. `check`
    /// looks at the verified contents before they get their name.
    pub(crate) fn run(
        &self,
        connection: &mut Connection,
        volume: &mut Volume,
        progress: &mut dyn FetchProgress,
        check: impl Fn(&Path) -> Result<(), FetchError>,
    ) -> Result<Option<Verified>, FetchError> {
        let target = self.folder.join(self.name);
        let mut mismatch = None;
        for _ in 0..2 {
            let Some(expected) = self.expected(connection, progress)? else { return Ok(None) };
            // Verified and named, and then its process was killed before it took note of that.
            if target.is_file() && sha256_file(&target)? == expected {
                check(&target)?;
                return Ok(Some(self.verified(expected)?));
            }
            let partial = self.partial(&expected)?;
            if !self.transfer(&partial, &expected, connection, volume, progress)? {
                return Ok(None);
            }
            let found = sha256_file(&partial)?;
            if found == expected {
                if let Err(error) = check(&partial) {
                    remove(&partial)?;
                    return Err(error);
                }
                publish_file(&partial, &target)?;
                return Ok(Some(self.verified(expected)?));
            }
            remove(&partial)?;
            progress.event(&FetchEvent::Discarded {
                name: self.name,
                reason: "it is not what its checksum says",
            });
            mismatch = Some(FetchError::Mismatch { url: self.url.to_owned(), expected, found });
        }
        Err(mismatch.expect("both rounds ended with one"))
    }

    fn verified(&self, sha256: String) -> Result<Verified, FetchError> {
        let path = self.folder.join(self.name);
        let bytes = fs::metadata(&path).map_err(FetchError::file("look at", &path))?.len();
        Ok(Verified { sha256, bytes })
    }

    /// The hash in the checksum file; none when there is no such file.
    fn expected(
        &self,
        connection: &mut Connection,
        progress: &mut dyn FetchProgress,
    ) -> Result<Option<String>, FetchError> {
        let url = format!("{}.CHECKSUM", self.url);
        let Some(answer) = connection.get(&url, progress)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&answer.bytes);
        checksum_of(&text, self.name).map(Some).map_err(|problem| FetchError::Checksum { url, problem })
    }

    /// Where the file grows. Its name holds the hash that it is to have, so that a part of another version
    /// is never continued; such parts are removed.
    fn partial(&self, expected: &str) -> Result<PathBuf, FetchError> {
        let name = format!("{PARTIAL}{}-{}", &expected[..16], self.name);
        let others = format!("-{}", self.name);
        for entry in fs::read_dir(self.folder).map_err(FetchError::file("read", self.folder))? {
            let path = entry.map_err(FetchError::file("read", self.folder))?.path();
            let found = path.file_name().unwrap_or_default().to_string_lossy();
            if found.starts_with(PARTIAL) && found.ends_with(&others) && found != name {
                remove(&path)?;
            }
        }
        Ok(self.folder.join(name))
    }

    /// Brings the partial file to its full length; false when the archive doesn't have it.
    fn transfer(
        &self,
        partial: &Path,
        expected: &str,
        connection: &mut Connection,
        volume: &mut Volume,
        progress: &mut dyn FetchProgress,
    ) -> Result<bool, FetchError> {
        if length(partial)? > 0 && sha256_file(partial)? == expected {
            return Ok(true);
        }
        let mut longest = length(partial)?;
        let there = connection.repeat(self.url, progress, |client, progress| {
            let have = length(partial)?;
            let mut request = client.get(self.url);
            if have > 0 {
                request = request.header(RANGE, format!("bytes={have}-"));
            }
            let answer = request.send().map_err(passing)?;
            let resumed = have > 0 && continues(&answer, have);
            let elsewhere = answer.status() == StatusCode::PARTIAL_CONTENT && !resumed;
            if elsewhere || (have > 0 && answer.status() == StatusCode::RANGE_NOT_SATISFIABLE) {
                // What is here is longer than the file, or the server sends another part of it.
                remove(partial)?;
                let reason = "the part that is here does not fit".to_owned();
                return Err(Failure::Passing { reason, asked: None, progressed: false });
            }
            let Some(answer) = accepted(answer, self.url)? else { return Ok(false) };
            if resumed {
                progress.event(&FetchEvent::Resumed { name: self.name, bytes: have });
            }
            let have = if resumed { have } else { 0 };
            let before = longest;
            self.append(partial, have, answer, volume, progress).map_err(|failure| match failure {
                Failure::Passing { reason, asked, .. } => {
                    longest = longest.max(length(partial).unwrap_or(0));
                    Failure::Passing { reason, asked, progressed: longest >= before + PROGRESS_BYTES }
                }
                Failure::Final(error) => Failure::Final(error),
            })?;
            Ok(true)
        })?;
        if there {
            volume.end(length(partial)?);
        }
        Ok(there)
    }

    /// Writes an answer's body behind the first `have` bytes of the partial file.
    fn append(
        &self,
        partial: &Path,
        have: u64,
        mut answer: Response,
        volume: &mut Volume,
        progress: &mut dyn FetchProgress,
    ) -> Result<(), Failure> {
        let whole = answer.content_length().map(|rest| have + rest);
        let options = OpenOptions::new().write(true).create(true).truncate(false).open(partial);
        let mut file = options.map_err(FetchError::file("open", partial))?;
        file.set_len(have).map_err(FetchError::file("cut", partial))?;
        std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0))
            .map_err(FetchError::file("write", partial))?;
        let mut piece = vec![0; 1 << 16];
        let mut at = have;
        loop {
            let read = match answer.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(interrupted(&error)),
            };
            file.write_all(&piece[..read]).map_err(FetchError::file("write", partial))?;
            at += read as u64;
            if at > LONGEST_FILE {
                remove(partial)?;
                return Err(FetchError::TooLong { url: self.url.to_owned(), limit: LONGEST_FILE }.into());
            }
            let missing = whole.map(|whole| whole.saturating_sub(at));
            progress.event(&volume.piece(read as u64, missing, whole));
        }
        Ok(())
    }
}

/// True when the answer is the rest of the file behind the first `have` bytes.
fn continues(answer: &Response, have: u64) -> bool {
    let range = answer.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    answer.status() == StatusCode::PARTIAL_CONTENT
        && range.is_some_and(|range| range.trim().starts_with(&format!("bytes {have}-")))
}

fn length(path: &Path) -> Result<u64, FetchError> {
    match File::open(path) {
        Ok(file) => Ok(file.metadata().map_err(FetchError::file("look at", path))?.len()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(FetchError::file("open", path)(error)),
    }
}

fn remove(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(FetchError::file("remove", path)(error)),
        _ => Ok(()),
    }
}
