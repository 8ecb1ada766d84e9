//! Reads a text row by row.

use std::io;

use csv::{ErrorKind, ReaderBuilder, StringRecord, Terminator};
use market::{Bar, Timestamp};

use crate::archive::ArchiveError;
use crate::bar_values::{BarValues, is_missing};
use crate::expansion::Overrun;
use crate::layout::{Columns, HeaderFault, Layout, VALUES, is_header};
use crate::place::{Place, quoted};
use crate::rows::{Row, Times};
use crate::source::{self, Part, Storage};
use crate::time_format::{in_range, lacks_offset, read_time};
use crate::{ExpansionLimit, LoadError};

/// The rows of a text below its header.
pub(crate) struct TextRows {
    part: Part,
    csv: csv::Reader<Box<dyn io::Read>>,
    record: StringRecord,
    line: u64,
    /// True while `record` holds a first line that is data and has not been given out.
    first_is_data: bool,
    columns: Columns,
    times: Option<Times>,
}

impl TextRows {
    /// Opens a text and finds its layout; `extra` are text columns wanted besides the bars.
    pub(crate) fn open(part: &Part, extra: &[String], limit: ExpansionLimit) -> Result<Self, LoadError> {
        let text = source::text(part, limit)?;
        // A carriage return before the line end stays in the last field, which is trimmed.
        let csv = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(1 << 16)
            .from_reader(text);
        let mut rows = Self {
            part: part.clone(),
            csv,
            record: StringRecord::new(),
            line: 1,
            first_is_data: false,
            columns: Columns::binance(),
            times: None,
        };
        if !rows.advance()? {
            return Err(LoadError::Empty { origin: part.origin.clone() });
        }
        rows.first_is_data = !is_header(&rows.record);
        let columns = if rows.first_is_data {
            Columns::from_width(rows.record.len(), extra)
        } else {
            Columns::from_header(&rows.record.iter().collect::<Vec<_>>(), extra)
        };
        let at = rows.place();
        rows.columns = columns.map_err(|fault| match fault {
            HeaderFault::Wrong { problem, found } => LoadError::WrongColumns { at, problem, found },
            HeaderFault::Extra { name, found } => LoadError::ExtraColumn { at, name, found },
            HeaderFault::Width(found) => LoadError::UnknownWidth { at, found },
        })?;
        Ok(rows)
    }

    /// The layout of the file.
    pub(crate) fn layout(&self) -> Layout {
        self.columns.layout
    }

    /// How the file writes times; known from the first row on.
    pub(crate) fn times(&self) -> Option<Times> {
        self.times
    }

    /// The symbol of the row read last, where a column tells it.
    pub(crate) fn symbol(&self) -> Option<&str> {
        self.columns.symbol.map(|index| self.cell(index))
    }

    /// A text column asked for, of the row read last.
    pub(crate) fn extra(&self, index: usize) -> &str {
        self.cell(self.columns.extra[index])
    }

    /// The line read last.
    fn place(&self) -> Place {
        self.part.place(self.line)
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
            return Err(LoadError::Ragged { at: self.place(), expected, found });
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
        let at = self.place();
        let cause = match error.into_kind() {
            ErrorKind::Io(cause) => cause,
            ErrorKind::Utf8 { .. } => return LoadError::NotUtf8 { at },
            other => return LoadError::Read { at, cause: io::Error::other(format!("{other:?}")) },
        };
        if let Some(Overrun::Limit { limit }) = cause.get_ref().and_then(|inner| inner.downcast_ref()) {
            return LoadError::TooLarge { at, limit: *limit };
        }
        match self.part.storage {
            Storage::Gzip if cause.kind() == io::ErrorKind::UnexpectedEof => LoadError::TruncatedGzip { at },
            Storage::Gzip => LoadError::DamagedGzip { at, cause },
            Storage::Zip(_) => ArchiveError::Damaged { at, cause }.into(),
            Storage::Plain | Storage::Parquet => LoadError::Read { at, cause },
        }
    }

    fn cell(&self, index: usize) -> &str {
        self.record.get(index).unwrap_or_default().trim()
    }

    fn time(&mut self, column: &'static str, index: usize) -> Result<Timestamp, LoadError> {
        let text = self.cell(index);
        let refused = || (self.place(), quoted(text));
        let Some((found, time)) = read_time(text) else {
            let (at, text) = refused();
            return Err(LoadError::Time { at, column, text });
        };
        let first = self.times.map_or(found, |times| times.format);
        if found != first {
            let (at, text) = refused();
            return Err(LoadError::MixedTimes { at, column, text, first, found });
        }
        if !in_range(time) {
            let (at, text) = refused();
            return Err(LoadError::TimeOutOfRange { at, column, text, time });
        }
        if self.times.is_none() {
            self.times = Some(Times { format: first, local: lacks_offset(self.cell(index)) });
        }
        Ok(time)
    }

    /// The bar of the row, or the rule that its numbers break.
    fn bar(&self, open_time: Timestamp) -> Result<Result<Bar, String>, LoadError> {
        let mut values = [0.0; 5];
        for ((value, name), &index) in values.iter_mut().zip(VALUES).zip(&self.columns.values) {
            *value = self.number(name, index)?;
        }
        let values = BarValues {
            values,
            quote_volume: self.optional("quote_volume", self.columns.quote_volume)?,
            trades: self.optional("trades", self.columns.trades)?,
            taker_buy_volume: self.optional("taker_buy_volume", self.columns.taker_buy_volume)?,
        };
        Ok(values.bar(open_time, |value| self.cell(self.columns.values[value]).to_owned()))
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
            Err(LoadError::Number { at: self.place(), column, text: quoted(text) })
        })
    }
}
