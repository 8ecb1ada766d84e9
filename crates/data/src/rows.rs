//! Reads a file row by row.

use std::io;
use std::path::{Path, PathBuf};

use csv::{ErrorKind, ReaderBuilder, StringRecord, Terminator};
use market::{Bar, BarError, Timeframe, Timestamp};

use crate::LoadError;
use crate::layout::{Columns, Layout, VALUES, is_header};
use crate::place::{Place, quoted};
use crate::source::{self, Source};
use crate::time_format::{TimeFormat, in_range, read_time};

/// One row: its time, and the bar or why it is none.
///
/// A bar's `close_time` is set when the file's timeframe is known.
pub(crate) struct Row {
    pub(crate) line: u64,
    pub(crate) open_time: Timestamp,
    pub(crate) bar: Result<Bar, String>,
    /// What the file says about the bar's end.
    pub(crate) closes: Option<Timestamp>,
}

/// The rows of a file below its header.
pub(crate) struct RowReader {
    path: PathBuf,
    gzip: bool,
    csv: csv::Reader<Box<dyn io::Read>>,
    record: StringRecord,
    line: u64,
    /// True while `record` holds a first line that is data and has not been given out.
    first_is_data: bool,
    columns: Columns,
    format: Option<TimeFormat>,
}

impl RowReader {
    /// Opens a file and finds its layout; `extra` are text columns wanted besides the bars.
    pub(crate) fn open(path: &Path, extra: &[String]) -> Result<Self, LoadError> {
        let Source { text, gzip } = source::open(path)?;
        // A carriage return before the line end stays in the last field, which is trimmed.
        let csv = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(1 << 16)
            .from_reader(text);
        let nowhere = Columns::from_width(6, &[], &Place { path: path.to_owned(), line: 1 })?;
        let mut rows = Self {
            path: path.to_owned(),
            gzip,
            csv,
            record: StringRecord::new(),
            line: 1,
            first_is_data: false,
            columns: nowhere,
            format: None,
        };
        if !rows.advance()? {
            return Err(LoadError::Empty { path: path.to_owned() });
        }
        let at = rows.place(rows.line);
        rows.first_is_data = !is_header(&rows.record);
        rows.columns = if rows.first_is_data {
            Columns::from_width(rows.record.len(), extra, &at)?
        } else {
            Columns::from_header(&rows.record.iter().collect::<Vec<_>>(), extra, &at)?
        };
        Ok(rows)
    }

    /// The layout of the file.
    pub(crate) fn layout(&self) -> Layout {
        self.columns.layout
    }

    /// How the file writes times; known from the first row on.
    pub(crate) fn time_format(&self) -> Option<TimeFormat> {
        self.format
    }

    /// A line of this file.
    pub(crate) fn place(&self, line: u64) -> Place {
        Place { path: self.path.clone(), line }
    }

    /// The text columns asked for, of the row read last.
    pub(crate) fn extra(&self) -> impl Iterator<Item = &str> {
        self.columns.extra.iter().map(|&index| self.cell(index))
    }

    /// The next row, or `None` at the end.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, LoadError> {
        if self.first_is_data {
            self.first_is_data = false;
        } else if !self.advance()? {
            return Ok(None);
        }
        let (expected, found) = (self.columns.width, self.record.len());
        if found != expected {
            return Err(LoadError::Ragged { at: self.place(self.line), expected, found });
        }
        let open_time = self.time("time", self.columns.time)?;
        let closes = match self.columns.close_time {
            Some(index) if !is_missing(self.cell(index)) => Some(self.time("close_time", index)?),
            _ => None,
        };
        let bar = self.bar(open_time)?;
        Ok(Some(Row { line: self.line, open_time, bar, closes }))
    }

    /// Reads the next line that is not blank into `record`; false at the end.
    fn advance(&mut self) -> Result<bool, LoadError> {
        loop {
            let more = self.csv.read_record(&mut self.record);
            // Every line ends with a line end, so the reader now stands on the line behind the record.
            self.line = self.csv.position().line().saturating_sub(1).max(1);
            let more = more.map_err(|error| self.unread(error))?;
            if self.record.as_slice().contains('\n') {
                self.line = self.record.position().map_or(self.line, csv::Position::line);
            }
            let blank = self.record.len() == 1 && self.cell(0).is_empty();
            if !(more && blank) {
                return Ok(more);
            }
        }
    }

    fn unread(&self, error: csv::Error) -> LoadError {
        let at = self.place(self.line);
        match error.into_kind() {
            ErrorKind::Io(cause) if self.gzip && cause.kind() == io::ErrorKind::UnexpectedEof => {
                LoadError::TruncatedGzip { at }
            }
            ErrorKind::Io(cause) if self.gzip => LoadError::DamagedGzip { at, cause },
            ErrorKind::Io(cause) => LoadError::Read { at, cause },
            ErrorKind::Utf8 { .. } => LoadError::NotUtf8 { at },
            other => LoadError::Read { at, cause: io::Error::other(format!("{other:?}")) },
        }
    }

    fn cell(&self, index: usize) -> &str {
        self.record.get(index).unwrap_or_default().trim()
    }

    fn time(&mut self, column: &'static str, index: usize) -> Result<Timestamp, LoadError> {
        let text = self.cell(index);
        let refused = || (self.place(self.line), quoted(text));
        let Some((found, time)) = read_time(text) else {
            let (at, text) = refused();
            return Err(LoadError::Time { at, column, text });
        };
        let first = self.format.unwrap_or(found);
        if found != first {
            let (at, text) = refused();
            return Err(LoadError::MixedTimes { at, column, text, first, found });
        }
        if !in_range(time) {
            let (at, text) = refused();
            return Err(LoadError::TimeOutOfRange { at, column, text, time });
        }
        self.format = Some(first);
        Ok(time)
    }

    /// The bar of the row, or the rule that its numbers break.
    fn bar(&self, open_time: Timestamp) -> Result<Result<Bar, String>, LoadError> {
        let mut values = [0.0; 5];
        for ((value, name), &index) in values.iter_mut().zip(VALUES).zip(&self.columns.values) {
            *value = self.number(name, index)?;
        }
        let quote_volume = self.optional("quote_volume", self.columns.quote_volume)?;
        let trades = self.optional("trades", self.columns.trades)?;
        let taker_buy_volume = self.optional("taker_buy_volume", self.columns.taker_buy_volume)?;
        for (name, value) in
            [("quote_volume", quote_volume), ("trades", trades), ("taker_buy_volume", taker_buy_volume)]
        {
            if let Some(value) = value.filter(|value| !(value.is_finite() && *value >= 0.0)) {
                return Ok(Err(format!("{name} is {value}; it must be a number that is not negative")));
            }
        }
        if let Some(count) = trades.filter(|count| count.fract() > 0.0) {
            return Ok(Err(format!("trades is {count}; it must be a whole number")));
        }
        let [open, high, low, close, volume] = values;
        Ok(Bar::new(open_time, Timeframe::MINUTE, [open, high, low, close], volume)
            .map(|bar| Bar {
                quote_volume,
                trades: trades.map(|count| count as u64),
                taker_buy_volume,
                ..bar
            })
            .map_err(|error| self.described(error)))
    }

    /// The broken rule, telling an empty cell from a number that is not finite.
    fn described(&self, error: BarError) -> String {
        if let BarError::NotFinite { field, .. } = error
            && let Some(place) = VALUES.iter().position(|name| *name == field)
            && is_missing(self.cell(self.columns.values[place]))
        {
            return match self.cell(self.columns.values[place]) {
                "" => format!("{field} is empty"),
                text => format!("{field} is {}, a missing value", quoted(text)),
            };
        }
        error.to_string()
    }

    fn optional(&self, name: &'static str, index: Option<usize>) -> Result<Option<f64>, LoadError> {
        match index {
            Some(index) if !is_missing(self.cell(index)) => self.number(name, index).map(Some),
            _ => Ok(None),
        }
    }

    /// A number; NaN for a missing one.
    fn number(&self, column: &'static str, index: usize) -> Result<f64, LoadError> {
        let text = self.cell(index);
        text.parse().or_else(|_| {
            if is_missing(text) {
                return Ok(f64::NAN);
            }
            Err(LoadError::Number { at: self.place(self.line), column, text: quoted(text) })
        })
    }
}

/// How files write that there is no value.
fn is_missing(text: &str) -> bool {
    text.is_empty()
        || ["null", "none", "nan", "nat", "na", "n/a"]
            .iter()
            .any(|missing| text.eq_ignore_ascii_case(missing))
}
