//! Opens a file as text, unpacking gzip and zip.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::archive::{self, Member};
use crate::expansion::{ExpansionLimit, Limited};
use crate::place::Origin;
use crate::{LoadError, ParquetError};

/// How a file is stored; told by its first bytes, not by its name.
#[derive(Debug, Clone)]
pub(crate) enum Storage {
    /// Text as it is.
    Plain,
    /// Text in gzip.
    Gzip,
    /// Text in a zip archive.
    Zip(Member),
    /// A Parquet table.
    Parquet,
}

/// One text or table: a file, or a file inside an archive.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) origin: Origin,
    pub(crate) storage: Storage,
}

/// First bytes of formats that look like a good idea but are not read.
const UNREADABLE: [(&[u8], &str); 5] = [
    (b"ARROW1", "an Arrow file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x89HDF", "an HDF5 file"),
];

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const GZIP: &[u8] = b"\x1f\x8b";
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
const PARQUET: &[u8] = b"PAR1";

/// The texts and tables that a file holds, in the order of their names.
pub(crate) fn parts(path: &Path, limit: ExpansionLimit) -> Result<Vec<Part>, LoadError> {
    let mut file = open(path)?;
    let start = first_bytes(&mut file).map_err(|cause| unopened(path, cause))?;
    if let Some((_, found)) = UNREADABLE.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(LoadError::UnsupportedFormat { path: path.to_owned(), found });
    }
    let whole = |storage| Ok(vec![Part { origin: Origin { path: path.to_owned(), member: None }, storage }]);
    if ZIP.iter().any(|magic| start.starts_with(magic)) {
        file.rewind().map_err(|cause| unopened(path, cause))?;
        let part = |member: Member| Part {
            origin: Origin { path: path.to_owned(), member: Some(member.name.as_str().into()) },
            storage: Storage::Zip(member),
        };
        return Ok(archive::members(path, file, limit)?.into_iter().map(part).collect());
    }
    if start.starts_with(GZIP) {
        return whole(Storage::Gzip);
    }
    if start.starts_with(PARQUET) {
        return whole(Storage::Parquet);
    }
    if is_called_parquet(path) {
        return Err(ParquetError::OtherContent { path: path.to_owned() }.into());
    }
    whole(Storage::Plain)
}

fn is_called_parquet(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| ["parquet", "pq"].iter().any(|name| extension.eq_ignore_ascii_case(name)))
}

/// The text of a part as it is read, without byte-order mark and with a line end added behind the last
/// line. A Parquet table has no text.
pub(crate) fn text(part: &Part, limit: ExpansionLimit) -> Result<Box<dyn Read>, LoadError> {
    let path = &part.origin.path;
    let file = open(path)?;
    let packed_bytes = file.metadata().map_err(|cause| unopened(path, cause))?.len();
    let text: Box<dyn Read> = match &part.storage {
        Storage::Plain | Storage::Parquet => Box::new(file),
        Storage::Gzip => {
            let packed = BufReader::with_capacity(1 << 16, file);
            Box::new(Limited::new(MultiGzDecoder::new(packed), limit.of_packed(packed_bytes)))
        }
        Storage::Zip(member) => Box::new(member.open(file).map_err(|cause| unopened(path, cause))?),
    };
    Ok(Box::new(WithoutMark::new(text).chain(&b"\n"[..])))
}

/// Opens what is a file.
pub(crate) fn open(path: &Path) -> Result<File, LoadError> {
    File::open(path).map_err(|cause| unopened(path, cause))
}

pub(crate) fn unopened(path: &Path, cause: io::Error) -> LoadError {
    match cause.kind() {
        io::ErrorKind::NotFound => LoadError::NotFound { path: path.to_owned() },
        _ => LoadError::Open { path: path.to_owned(), cause },
    }
}

fn first_bytes(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(8);
    file.take(8).read_to_end(&mut start)?;
    Ok(start)
}

/// Leaves out a byte-order mark at the start.
struct WithoutMark<R> {
    start: Cursor<Vec<u8>>,
    rest: R,
    begun: bool,
}

impl<R: Read> WithoutMark<R> {
    fn new(rest: R) -> Self {
        Self { start: Cursor::default(), rest, begun: false }
    }
}

impl<R: Read> Read for WithoutMark<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.begun {
            self.begun = true;
            let mut start = first_bytes(&mut self.rest)?;
            if start.starts_with(BYTE_ORDER_MARK) {
                start.drain(..BYTE_ORDER_MARK.len());
            }
            self.start = Cursor::new(start);
        }
        match self.start.read(buffer)? {
            0 => self.rest.read(buffer),
            read => Ok(read),
        }
    }
}
