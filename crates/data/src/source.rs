//! Opens a file as text, unpacking gzip.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::LoadError;

/// The text of a file as it is read, without byte-order mark and with a line end added behind the last
/// line.
pub(crate) struct Source {
    pub(crate) text: Box<dyn Read>,
    /// True when the text comes out of gzip, so read errors mean damaged data.
    pub(crate) gzip: bool,
}

/// First bytes of formats that look like a good idea but are not read.
const UNREADABLE: [(&[u8], &str); 8] = [
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "a zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x89HDF", "an HDF5 file"),
];

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const GZIP: &[u8] = b"\x1f\x8b";

/// Opens `path`; what it holds is told by its first bytes, not by its name.
pub(crate) fn open(path: &Path) -> Result<Source, LoadError> {
    let unopened = |cause: io::Error| match cause.kind() {
        io::ErrorKind::NotFound => LoadError::NotFound { path: path.to_owned() },
        _ => LoadError::Open { path: path.to_owned(), cause },
    };
    let mut file = File::open(path).map_err(unopened)?;
    if file.metadata().map_err(unopened)?.is_dir() {
        return Err(LoadError::Directory { path: path.to_owned() });
    }
    let start = first_bytes(&mut file).map_err(unopened)?;
    if let Some((_, found)) = UNREADABLE.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(LoadError::UnsupportedFormat { path: path.to_owned(), found });
    }
    let gzip = start.starts_with(GZIP);
    let whole = Cursor::new(start).chain(file);
    let text: Box<dyn Read> = if gzip {
        Box::new(WithoutMark::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole))))
    } else {
        Box::new(WithoutMark::new(whole))
    };
    Ok(Source { text: Box::new(text.chain(&b"\n"[..])), gzip })
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
