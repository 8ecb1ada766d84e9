//! Why a Parquet file could not be read.

use std::path::PathBuf;

use crate::Place;

/// Why a Parquet file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ParquetError {
    /// The name says Parquet and the content does not.
    #[error(
        "{} is called Parquet but does not begin as a Parquet file; rename it, or write or copy it again",
        path.display()
    )]
    OtherContent {
        /// The file.
        path: PathBuf,
    },
    /// The file has no end.
    #[error(
        "{} has no Parquet footer, so it is incomplete after {bytes} bytes; write or copy it again",
        path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// The footer, or a column's description, makes no sense.
    #[error("{} is not a Parquet file that can be read ({cause}); write or copy it again", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        cause: String,
    },
    /// The data behind the footer makes no sense.
    #[error("{at}: the Parquet data is damaged from here on ({cause}); write or copy the file again")]
    Damaged {
        /// The first row that can't be read.
        at: Place,
        /// What the reader said.
        cause: String,
    },
    /// Packed in a way that is not read.
    #[error(
        "{}: column {column} is packed by {codec}, which is not read; write it with Snappy, gzip, LZ4, Zstandard \
         or no compression", path.display()
    )]
    Codec {
        /// The file.
        path: PathBuf,
        /// The first such column.
        column: String,
        /// How it is packed.
        codec: String,
    },
    /// Columns that bars need are not there.
    #[error(
        "{}: {problem}; needed are a time (open_time, timestamp, datetime, date or time), open, high, low, \
         close and volume, but found are {found}; rename or add columns", path.display()
    )]
    WrongColumns {
        /// The file.
        path: PathBuf,
        /// What is missing or there twice.
        problem: String,
        /// The columns that are there.
        found: String,
    },
    /// A text column that was asked for is not there.
    #[error("{}: there is no column {name:?}; name one of {found}", path.display())]
    ExtraColumn {
        /// The file.
        path: PathBuf,
        /// The column asked for.
        name: String,
        /// The columns that are there.
        found: String,
    },
    /// A column of a type that can't be what its name says.
    #[error("{}: column {column} is {found}, which can't be read as {wanted}; convert it", path.display())]
    WrongType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// What was expected.
        wanted: &'static str,
    },
    /// A bar without time.
    #[error("{at}: {column} is null, so the row has no time; give every row a time")]
    NoTime {
        /// The row.
        at: Place,
        /// The column.
        column: String,
    },
    /// A catalogue file that does not tell how long its bars are.
    #[error(
        "{} has the columns of a NautilusTrader catalogue but neither its metadata nor its directory tells \
         the bar type; keep the file in data/bar/BAR_TYPE", path.display()
    )]
    NoBarType {
        /// The file.
        path: PathBuf,
    },
    /// Bars that have no fixed length.
    #[error(
        "{}: the bar type {bar_type} is not of a fixed time ({detail}); only bars of milliseconds, seconds, \
         minutes, hours, days or weeks are read", path.display()
    )]
    BarType {
        /// The file.
        path: PathBuf,
        /// The bar type.
        bar_type: String,
        /// What is wrong with it.
        detail: String,
    },
    /// Built without Parquet.
    #[error(
        "{} is a Parquet file, and this program was built without the feature `parquet`; build it with it, \
         or convert the file to CSV", path.display()
    )]
    NotBuilt {
        /// The file.
        path: PathBuf,
    },
}
