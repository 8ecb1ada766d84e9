//! How far the text of a zip archive without end can be read.
//!
//! The directory of an archive is at its end, so a truncated one has none. The header before each file
//! still tells its name, and the packed data can be unpacked as far as it goes.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::bufread::DeflateDecoder;

use crate::place::{Origin, Place, Unit};

/// Text that is looked at before giving up.
const MOST_BYTES: u64 = 1 << 30;
const HEADER_BYTES: usize = 30;
const HEADER_START: &[u8] = b"PK\x03\x04";

/// The last line that is there; `None` when the file does not begin with a file's header.
pub(crate) fn reached(path: &Path) -> Option<Place> {
    let mut file = BufReader::new(File::open(path).ok()?);
    let length = file.get_ref().metadata().ok()?.len();
    let mut last = None;
    loop {
        let mut header = [0; HEADER_BYTES];
        if file.read_exact(&mut header).is_err() || !header.starts_with(HEADER_START) {
            return last;
        }
        let two = |at: usize| u64::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let (method, packed, name_bytes, extra_bytes) = (two(8), two(18) | two(20) << 16, two(26), two(28));
        let mut name = vec![0; name_bytes as usize];
        file.read_exact(&mut name).ok()?;
        let start = file.stream_position().ok()? + extra_bytes;
        file.seek(SeekFrom::Start(start)).ok()?;
        let data = file.by_ref().take(length.saturating_sub(start));
        let line = match method {
            8 => last_line(DeflateDecoder::new(BufReader::new(data))),
            _ => last_line(data),
        };
        let member = Some(String::from_utf8_lossy(&name).into());
        last = Some(Place { origin: Origin { path: path.to_owned(), member }, unit: Unit::Line, line });
        let end = start + packed;
        // Where the header leaves the size to the directory the next file can't be found.
        if packed == 0 || end >= length {
            return last;
        }
        file.seek(SeekFrom::Start(end)).ok()?;
    }
}

/// The number of the line that a text ends in, as far as it can be read.
fn last_line(text: impl Read) -> u64 {
    let mut text = text.take(MOST_BYTES);
    let mut buffer = vec![0; 1 << 16];
    let mut line = 1;
    while let Ok(read) = text.read(&mut buffer)
        && read > 0
    {
        line += buffer[..read].iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
    }
    line
}
