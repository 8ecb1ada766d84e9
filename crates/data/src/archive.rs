//! The texts inside a zip archive. Nothing is written to disk, so names in it cannot escape anywhere.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::cut_archive;
use crate::expansion::{ExpansionLimit, Overrun};
use crate::place::{Origin, Place, listed};
use crate::thousands::thousands;

/// Why a zip archive could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The archive has no end.
    #[error("{at}: the zip archive ends here, so the file is incomplete; download or copy it again")]
    Truncated {
        /// The last line of text that is there.
        at: Place,
    },
    /// The archive's directory makes no sense.
    #[error("{} is no zip archive that can be read ({cause}); download or copy it again", path.display())]
    Unreadable {
        /// The archive.
        path: PathBuf,
        /// What the reader said.
        cause: ZipError,
    },
    /// The data is not what the directory says.
    #[error("{at}: the zip data is damaged ({cause}); download or copy the file again")]
    Damaged {
        /// Where the text ends.
        at: Place,
        /// What the decoder said.
        cause: io::Error,
    },
    /// No text in it.
    #[error("{} is a zip archive without a CSV file (it holds {found}); give one with bars", path.display())]
    NoText {
        /// The archive.
        path: PathBuf,
        /// What it holds.
        found: String,
    },
    /// Packed or locked in a way that is not read.
    #[error("{origin} is {how}, which is not read; unpack it and give the CSV file")]
    Unsupported {
        /// The file in the archive.
        origin: Origin,
        /// How it is stored.
        how: String,
    },
    /// The directory tells of more text than is allowed.
    #[error(
        "{} would expand to {} bytes, more than the {} that are allowed for its size; if you trust it, \
         unpack it and give the CSV files", path.display(), thousands(*declared), thousands(*limit)
    )]
    TooLarge {
        /// The archive.
        path: PathBuf,
        /// Bytes of text that its directory tells of.
        declared: u64,
        /// Bytes allowed.
        limit: u64,
    },
}

/// A text inside an archive.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    start: u64,
    packed: u64,
    size: u64,
    crc: u32,
    stored: bool,
}

/// The CSV files of an archive, in the order of their names. A single file counts as CSV whatever its name.
pub(crate) fn members(path: &Path, file: File, limit: ExpansionLimit) -> Result<Vec<Member>, ArchiveError> {
    let packed_bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let unreadable = |cause: ZipError| match cut_archive::reached(path) {
        Some(at) => ArchiveError::Truncated { at },
        None => ArchiveError::Unreadable { path: path.to_owned(), cause },
    };
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(unreadable)?;
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(unreadable)?;
        let name = entry.name().map_err(unreadable)?.into_owned();
        // What macOS adds beside each file.
        let added = name.starts_with("__MACOSX/");
        if !entry.is_dir() && !added {
            names.push((name, index));
        }
    }
    names.sort();
    let is_csv = |name: &str| name.len() > 4 && name.to_lowercase().ends_with(".csv");
    let texts: Vec<usize> = match names.as_slice() {
        [(_, only)] => vec![*only],
        several => several.iter().filter(|(name, _)| is_csv(name)).map(|(_, index)| *index).collect(),
    };
    if texts.is_empty() {
        let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        let found = if names.is_empty() { "no files".to_owned() } else { listed(&names) };
        return Err(ArchiveError::NoText { path: path.to_owned(), found });
    }
    let mut members = Vec::with_capacity(texts.len());
    for index in texts {
        let entry = archive.by_index_raw(index).map_err(unreadable)?;
        let name = entry.name().map_err(unreadable)?.into_owned();
        let unsupported = |how: String| ArchiveError::Unsupported {
            origin: Origin { path: path.to_owned(), member: Some(name.as_str().into()) },
            how,
        };
        if entry.encrypted() {
            return Err(unsupported("encrypted".to_owned()));
        }
        let stored = match entry.compression() {
            CompressionMethod::Stored => true,
            CompressionMethod::Deflated => false,
            other => return Err(unsupported(format!("packed by the method {other}"))),
        };
        let Some(start) = entry.data_start() else {
            return Err(unreadable(ZipError::InvalidArchive("a file has no data".into())));
        };
        let (packed, size, crc) = (entry.compressed_size(), entry.size(), entry.crc32());
        members.push(Member { name, start, packed, size, crc, stored });
    }
    // Entries may overlap, so it is the archive's own size that counts.
    let declared = members.iter().fold(0_u64, |sum, member| sum.saturating_add(member.size));
    let limit = limit.of_packed(packed_bytes);
    if declared > limit {
        return Err(ArchiveError::TooLarge { path: path.to_owned(), declared, limit });
    }
    Ok(members)
}

impl Member {
    /// The unpacked text; an error at its end where length or checksum are not those of the directory.
    pub(crate) fn open(&self, mut archive: File) -> io::Result<impl Read + use<>> {
        archive.seek(SeekFrom::Start(self.start))?;
        let packed = BufReader::with_capacity(1 << 16, archive.take(self.packed));
        let text: Box<dyn Read> =
            if self.stored { Box::new(packed) } else { Box::new(DeflateDecoder::new(packed)) };
        Ok(Checked { text, crc: Crc::new(), read: 0, size: self.size, expected: self.crc })
    }
}

/// Compares a text with the length and checksum that the directory tells.
struct Checked {
    text: Box<dyn Read>,
    crc: Crc,
    read: u64,
    size: u64,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.text.read(buffer)?;
        self.crc.update(&buffer[..read]);
        self.read += read as u64;
        if self.read > self.size {
            return Err(Overrun::Limit { limit: self.size }.into());
        }
        if read == 0 && self.read < self.size {
            return Err(Overrun::Mismatch("it is shorter than the archive's directory says").into());
        }
        if read == 0 && self.crc.sum() != self.expected {
            return Err(Overrun::Mismatch("its checksum is not that of the archive's directory").into());
        }
        Ok(read)
    }
}
