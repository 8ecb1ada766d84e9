//! Text written as one file, packed when its name says so.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Writes a file in one step; compressed when its name ends in `.gz`.
pub(crate) fn write(path: &Path, text: String) -> Result<()> {
    let compressed = path.extension().is_some_and(|extension| extension == "gz");
    let bytes = if compressed { gzip(text.as_bytes())? } else { text.into_bytes() };
    Ok(durable::write_file(path, &bytes)?)
}

/// Gzip without a time stamp or name, so that the same text gives the same bytes.
fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
