//! Why bars could not be loaded, where, and what to do about it.

use std::io;
use std::path::PathBuf;

use market::{Timeframe, Timestamp};

use crate::thousands::thousands;
use crate::{ArchiveError, FindingKind, Origin, ParquetError, Place, PolicyError, TimeFormat};

/// Why bars could not be loaded. Each text is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The policy contradicts itself.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A zip archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A Parquet file.
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    /// No path at all.
    #[error("there is no file to load; name one")]
    NoPaths,
    /// Nothing at that path.
    #[error("{} does not exist; check the path", path.display())]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// A pattern that no file fits.
    #[error("no file fits {}; check the pattern", pattern.display())]
    NoMatch {
        /// The pattern.
        pattern: PathBuf,
    },
    /// A directory without bars.
    #[error(
        "{} is a directory without bar files (.csv, .csv.gz, .zip, .parquet), it holds {found}; name the \
         files or their own directory", path.display()
    )]
    NoBarFiles {
        /// The directory.
        path: PathBuf,
        /// What it holds.
        found: String,
    },
    /// Files or rows of more than one symbol.
    #[error(
        "{second} is of {second_symbol}, but {first} is of {first_symbol}; give files of one symbol or \
         choose one with data.symbol"
    )]
    SymbolsDiffer {
        /// The first file.
        first: String,
        /// Its symbol.
        first_symbol: String,
        /// The other file or row.
        second: String,
        /// Its symbol.
        second_symbol: String,
    },
    /// Nothing of the symbol asked for.
    #[error("{} has no bars of {symbol}; choose one that is there, such as {found}", path.display())]
    SymbolNotThere {
        /// The path; the first of several.
        path: PathBuf,
        /// The symbol asked for.
        symbol: String,
        /// Symbols that are there.
        found: String,
    },
    /// Files of more than one timeframe.
    #[error(
        "{second} holds {second_timeframe} bars, but {first} holds {first_timeframe} bars; give files of \
         one timeframe"
    )]
    TimeframesDiffer {
        /// The first file.
        first: String,
        /// Its timeframe.
        first_timeframe: Timeframe,
        /// The other file.
        second: String,
        /// Its timeframe.
        second_timeframe: Timeframe,
    },
    /// The file can't be opened.
    #[error("{} cannot be opened: {cause}; check that it may be read", path.display())]
    Open {
        /// The path.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Reading stopped.
    #[error("{at}: reading failed: {cause}; check the disk and try again")]
    Read {
        /// Where reading stopped.
        at: Place,
        /// What the system said.
        cause: io::Error,
    },
    /// An archive or a binary format.
    #[error(
        "{} is {found}, and only CSV (plain, gzip or zip) and Parquet are read; unpack or convert it first",
        path.display()
    )]
    UnsupportedFormat {
        /// The path.
        path: PathBuf,
        /// The format that it has.
        found: &'static str,
    },
    /// The compressed data ends too early.
    #[error("{at}: the gzip data ends in the middle, so the file is incomplete; download or copy it again")]
    TruncatedGzip {
        /// Where the text ends.
        at: Place,
    },
    /// The compressed data is damaged.
    #[error("{at}: the gzip data is damaged ({cause}); download or copy the file again")]
    DamagedGzip {
        /// Where the text ends.
        at: Place,
        /// What the decoder said.
        cause: io::Error,
    },
    /// More text than a packed file may hold.
    #[error(
        "{at}: the unpacked text is longer than the {} bytes allowed for its packed size; if you trust it, \
         unpack it and give the CSV file", thousands(*limit)
    )]
    TooLarge {
        /// Where the limit is reached.
        at: Place,
        /// Bytes allowed.
        limit: u64,
    },
    /// Bytes that are not text.
    #[error("{at}: the text is not UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// The line with such bytes.
        at: Place,
    },
    /// No line with text.
    #[error("{origin} is empty; give a file with bars")]
    Empty {
        /// The file.
        origin: Origin,
    },
    /// A header and nothing below.
    #[error("{origin} has a header but no bars below it; give a file with bars")]
    HeaderOnly {
        /// The file.
        origin: Origin,
    },
    /// Columns that bars need are not there.
    #[error(
        "{at}: {problem}; needed are a time (open_time, timestamp, datetime, date or time), open, high, \
         low, close and volume, separated by commas, but found are {found}; rename or add columns"
    )]
    WrongColumns {
        /// The header.
        at: Place,
        /// What is missing or there twice.
        problem: String,
        /// The columns that are there.
        found: String,
    },
    /// A file without header whose width is no known layout.
    #[error(
        "{at}: a file without a header needs 6 columns (time, open, high, low, close, volume) or \
         Binance's 12, not {found}; add a header line"
    )]
    UnknownWidth {
        /// The first row.
        at: Place,
        /// Its number of columns.
        found: usize,
    },
    /// A text column that was asked for is not there.
    #[error("{at}: there is no column {name:?}; name one of {found}")]
    ExtraColumn {
        /// The header.
        at: Place,
        /// The column asked for.
        name: String,
        /// The columns that are there.
        found: String,
    },
    /// A row longer or shorter than the first line.
    #[error("{at}: the row has {found} columns instead of {expected}; correct or delete the row")]
    Ragged {
        /// The row.
        at: Place,
        /// Columns of the first line.
        expected: usize,
        /// Columns of the row.
        found: usize,
    },
    /// Text where a number belongs.
    #[error("{at}: {column} is {text}, not a number; correct the row")]
    Number {
        /// The row.
        at: Place,
        /// Its column.
        column: &'static str,
        /// What it holds, quoted.
        text: String,
    },
    /// Text where a time belongs.
    #[error(
        "{at}: {column} is {text}, not a time; write ISO-8601 such as 2024-01-31T12:30:00Z or epoch numbers"
    )]
    Time {
        /// The row.
        at: Place,
        /// Its column.
        column: &'static str,
        /// What it holds, quoted.
        text: String,
    },
    /// A time that no market data has.
    #[error(
        "{at}: {column} {text} means {time}, outside the years 1970 to 2200; correct the time or its unit"
    )]
    TimeOutOfRange {
        /// The row.
        at: Place,
        /// Its column.
        column: &'static str,
        /// What it holds, quoted.
        text: String,
        /// What that means.
        time: Timestamp,
    },
    /// A time written in another way than the first.
    #[error(
        "{at}: {column} {text} is in {found}, but the file began in {first}; write all times in one format \
         or split the file there (several files may each have their own)"
    )]
    MixedTimes {
        /// The row.
        at: Place,
        /// Its column.
        column: &'static str,
        /// What it holds, quoted.
        text: String,
        /// How the first row writes times.
        first: TimeFormat,
        /// How this row does.
        found: TimeFormat,
    },
    /// Numbers that are not a bar.
    #[error("{at}: {detail}; correct the row or set data.policy.invalid_bars = \"drop\"")]
    InvalidBar {
        /// The row.
        at: Place,
        /// The rule it breaks.
        detail: String,
    },
    /// The time of an earlier row.
    #[error(
        "{at}: {detail}; delete one of the two rows or set data.policy.duplicates = \"drop\" to use the first"
    )]
    Duplicate {
        /// The second row.
        at: Place,
        /// Where the first one is, and the time.
        detail: String,
    },
    /// A time before the one above it.
    #[error(
        "{at}: {detail}, so the times are not in order; sort the rows by time, oldest first, or set \
         data.policy.out_of_order = \"drop\""
    )]
    OutOfOrder {
        /// The row.
        at: Place,
        /// Its time and the last one before it.
        detail: String,
    },
    /// More rows are out of order than in order.
    #[error(
        "{}: {} of {} rows are older than a row above them, as in a file that begins with its newest bar; sort \
         the rows by time, oldest first", path.display(), thousands(*behind), thousands(*rows)
    )]
    NewestFirst {
        /// The path.
        path: PathBuf,
        /// Rows that are older than one above.
        behind: u64,
        /// All rows.
        rows: u64,
    },
    /// A hole that cuts the series, under a policy that forbids it.
    #[error(
        "{at}: {} bars are missing between {after} and {before}, more than {limit}; fill the hole, raise \
         data.max_missing_bars or set data.policy.gaps = \"keep\"", thousands(*missing_bars)
    )]
    Gap {
        /// The first row behind the hole.
        at: Place,
        /// Bars that are missing.
        missing_bars: u64,
        /// The last bar before the hole.
        after: Timestamp,
        /// The first bar behind it.
        before: Timestamp,
        /// The longest hole that does not cut.
        limit: u64,
    },
    /// A finding that the policy forbids.
    #[error("{at}: {detail}; correct the data or set data.policy.{} to \"keep\" or \"drop\"", kind.key())]
    Refused {
        /// The first such row.
        at: Place,
        /// The kind of finding.
        kind: FindingKind,
        /// What is wrong with it.
        detail: String,
    },
    /// One bar does not tell how long bars are.
    #[error("{} has only one bar, which does not tell how long bars are; give more of them, or set data.timeframe", path.display())]
    TimeframeUnknown {
        /// The path.
        path: PathBuf,
    },
    /// The timeframe asked for is not the file's.
    #[error(
        "{}: bars are {found} apart, which does not fit the timeframe {asked}; set data.timeframe \
         = \"{found}\" or give a file with {asked} bars", path.display()
    )]
    TimeframeMismatch {
        /// The path.
        path: PathBuf,
        /// The timeframe asked for.
        asked: Timeframe,
        /// The most frequent distance of two bars.
        found: Timeframe,
    },
    /// The policy dropped every row.
    #[error(
        "{}: data.policy.{} = \"drop\" left none of the {} rows; change the policy or the file",
        path.display(), kind.key(), thousands(*rows)
    )]
    NothingLeft {
        /// The path.
        path: PathBuf,
        /// The kind of finding that dropped most.
        kind: FindingKind,
        /// Rows that were read.
        rows: u64,
    },
}
