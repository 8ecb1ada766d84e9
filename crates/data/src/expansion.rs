//! How far packed data may unpack, so that a small file cannot fill the machine.

use std::io::{self, Read};

/// The most text that one packed file may hold.
///
/// It is `max_ratio` times its packed size, but never below `free_bytes` and never above `max_bytes`.
/// Bars pack to between a third and a thirtieth; deflate can reach a thousandth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpansionLimit {
    /// Unpacked bytes that are never exceeded.
    pub max_bytes: u64,
    /// Unpacked bytes for each packed byte.
    pub max_ratio: u64,
    /// Unpacked bytes that any file may have, whatever its ratio.
    pub free_bytes: u64,
}

impl Default for ExpansionLimit {
    /// 4 GiB, 250 times the packed size, and 64 MiB whatever the ratio.
    fn default() -> Self {
        Self { max_bytes: 4 << 30, max_ratio: 250, free_bytes: 64 << 20 }
    }
}

impl ExpansionLimit {
    /// The most unpacked bytes for this many packed ones.
    pub(crate) fn of_packed(self, packed_bytes: u64) -> u64 {
        packed_bytes.saturating_mul(self.max_ratio).max(self.free_bytes).min(self.max_bytes)
    }
}

/// Why an unpacked text ends early; travels inside an [`io::Error`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum Overrun {
    /// More text than allowed.
    #[error("more than {limit} bytes")]
    Limit {
        /// Bytes allowed.
        limit: u64,
    },
    /// Other text than the archive's directory says.
    #[error("{0}")]
    Mismatch(&'static str),
}

impl From<Overrun> for io::Error {
    fn from(overrun: Overrun) -> Self {
        Self::other(overrun)
    }
}

/// Reads at most `limit` bytes and fails at the next one.
pub(crate) struct Limited<R> {
    inner: R,
    limit: u64,
    left: u64,
}

impl<R: Read> Limited<R> {
    pub(crate) fn new(inner: R, limit: u64) -> Self {
        Self { inner, limit, left: limit }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(Overrun::Limit { limit: self.limit }.into()),
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_counts_between_the_two_bounds() {
        let limit = ExpansionLimit { max_bytes: 1000, max_ratio: 10, free_bytes: 50 };
        assert_eq!([1, 20, 1 << 40].map(|packed| limit.of_packed(packed)), [50, 200, 1000]);
    }

    #[test]
    fn the_byte_behind_the_limit_is_refused() {
        let mut text = Vec::new();
        assert_eq!(Limited::new(&b"12345"[..], 5).read_to_end(&mut text).unwrap(), 5);
        assert!(Limited::new(&b"123456"[..], 5).read_to_end(&mut text).is_err());
    }
}
