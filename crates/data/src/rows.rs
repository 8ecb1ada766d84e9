//! Reads the rows of a text or a table, one after the other.

use market::{Bar, Timeframe, Timestamp};

use crate::place::{Place, Unit};
use crate::source::{Part, Storage};
use crate::text_rows::TextRows;
use crate::{ExpansionLimit, Layout, LoadError, TimeFormat};

/// One row: its time, and the bar or why it is none.
///
/// A bar's `close_time` is set when the series' timeframe is known.
pub(crate) struct Row {
    pub(crate) line: u64,
    pub(crate) open_time: Timestamp,
    pub(crate) bar: Result<Bar, String>,
    /// What the file says about the bar's end.
    pub(crate) closes: Option<Timestamp>,
}

/// What a part tells of its times, once a row was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) format: TimeFormat,
    /// Clock times without an offset, which may be meant as local times.
    pub(crate) local: bool,
}

/// The rows of a part below its header.
pub(crate) enum Rows {
    Text(Box<TextRows>),
    #[cfg(feature = "parquet")]
    Table(Box<crate::table_rows::TableRows>),
}

impl Rows {
    /// Opens a part and finds its layout; `extra` are text columns wanted besides the bars.
    pub(crate) fn open(part: &Part, extra: &[String], limit: ExpansionLimit) -> Result<Self, LoadError> {
        match part.storage {
            #[cfg(feature = "parquet")]
            Storage::Parquet => {
                Ok(Self::Table(Box::new(crate::table_rows::TableRows::open(&part.origin.path, extra)?)))
            }
            #[cfg(not(feature = "parquet"))]
            Storage::Parquet => Err(crate::ParquetError::NotBuilt { path: part.origin.path.clone() }.into()),
            Storage::Plain | Storage::Gzip | Storage::Zip(_) => {
                Ok(Self::Text(Box::new(TextRows::open(part, extra, limit)?)))
            }
        }
    }

    /// The next row, or `None` at the end.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, LoadError> {
        match self {
            Self::Text(rows) => rows.next_row(),
            #[cfg(feature = "parquet")]
            Self::Table(rows) => rows.next_row(),
        }
    }

    /// The layout of the part.
    pub(crate) fn layout(&self) -> Layout {
        match self {
            Self::Text(rows) => rows.layout(),
            #[cfg(feature = "parquet")]
            Self::Table(rows) => rows.layout(),
        }
    }

    /// How the part writes times; known from the first row on.
    pub(crate) fn times(&self) -> Option<Times> {
        match self {
            Self::Text(rows) => rows.times(),
            #[cfg(feature = "parquet")]
            Self::Table(rows) => rows.times(),
        }
    }

    /// The symbol that the row read last, or the whole part, tells.
    pub(crate) fn symbol(&self) -> Option<&str> {
        match self {
            Self::Text(rows) => rows.symbol(),
            #[cfg(feature = "parquet")]
            Self::Table(rows) => rows.symbol(),
        }
    }

    /// The timeframe that the part's own description tells.
    pub(crate) fn timeframe(&self) -> Option<Timeframe> {
        match self {
            Self::Text(_) => None,
            #[cfg(feature = "parquet")]
            Self::Table(rows) => rows.timeframe(),
        }
    }

    /// A text column asked for, of the row read last.
    pub(crate) fn extra(&self, index: usize) -> &str {
        match self {
            Self::Text(rows) => rows.extra(index),
            #[cfg(feature = "parquet")]
            Self::Table(rows) => rows.extra(index),
        }
    }
}

impl Part {
    /// What places in this part are counted in.
    pub(crate) fn unit(&self) -> Unit {
        if matches!(self.storage, Storage::Parquet) { Unit::Row } else { Unit::Line }
    }

    /// A line or row of this part.
    pub(crate) fn place(&self, line: u64) -> Place {
        Place { origin: self.origin.clone(), unit: self.unit(), line }
    }
}
