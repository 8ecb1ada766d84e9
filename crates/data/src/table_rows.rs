//! Reads the bars of a Parquet table row by row.

use std::path::Path;

use market::{Bar, Timeframe, Timestamp};

use crate::bar_type::{BarType, BarTypeFault};
use crate::bar_values::{BarValues, is_missing};
use crate::layout::{Columns, HeaderFault, VALUES};
use crate::place::{Place, quoted};
use crate::rows::{Row, Times};
use crate::table_cell::{Cell, Kind};
use crate::table_columns::TableColumns;
use crate::time_format::{epoch_time, in_range, lacks_offset, read_time};
use crate::{Layout, LoadError, ParquetError};

/// The catalogue's time column: the instant at which a bar closed.
const CLOSED: &str = "ts_event";

/// The rows of a table.
pub(crate) struct TableRows {
    table: TableColumns,
    columns: Columns,
    /// What a catalogue tells of its bars.
    bar_type: Option<BarType>,
    /// The block that is being read, by the columns' places.
    cells: Vec<Vec<Cell>>,
    /// Rows of the block, and how many of them were given out.
    rows: usize,
    given: usize,
    /// Rows before the block.
    before: u64,
    /// The text columns asked for, of the whole block.
    extra: Vec<Vec<String>>,
    times: Option<Times>,
}

impl TableRows {
    /// Opens a table and finds its layout; `extra` are text columns wanted besides the bars.
    pub(crate) fn open(path: &Path, extra: &[String]) -> Result<Self, LoadError> {
        let mut table = TableColumns::open(path)?;
        let bar_type = as_catalogue(path, &mut table)?;
        let mut columns = columns_of(path, &table, bar_type.is_some(), extra)?;
        if bar_type.is_some() {
            columns.layout = Layout::NautilusCatalogue;
        }
        check_kinds(path, &table, &columns)?;
        let optional = [
            columns.symbol,
            columns.close_time,
            columns.quote_volume,
            columns.trades,
            columns.taker_buy_volume,
        ];
        let needed = columns.values.iter().chain(optional.iter().flatten()).chain(&columns.extra);
        table.want(needed.copied().chain([columns.time]))?;
        Ok(Self {
            table,
            columns,
            bar_type,
            cells: Vec::new(),
            rows: 0,
            given: 0,
            before: 0,
            extra: Vec::new(),
            times: None,
        })
    }

    /// The layout of the table.
    pub(crate) fn layout(&self) -> Layout {
        self.columns.layout
    }

    /// How the table holds times; known from the first row on.
    pub(crate) fn times(&self) -> Option<Times> {
        self.times
    }

    /// The symbol of the row read last, where a column tells it, or of a catalogue.
    pub(crate) fn symbol(&self) -> Option<&str> {
        match (&self.bar_type, self.columns.symbol) {
            (Some(bar_type), _) => Some(&bar_type.symbol),
            (None, Some(column)) => match self.cell(column) {
                Cell::Text(text) => Some(text.trim()),
                _ => Some(""),
            },
            (None, None) => None,
        }
    }

    /// The timeframe of a catalogue.
    pub(crate) fn timeframe(&self) -> Option<Timeframe> {
        self.bar_type.as_ref().map(|bar_type| bar_type.timeframe)
    }

    /// A text column asked for, of the row read last.
    pub(crate) fn extra(&self, index: usize) -> &str {
        self.extra[index][self.given - 1].trim()
    }

    /// The next row, or `None` at the end.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, LoadError> {
        if self.given == self.rows {
            self.before += self.rows as u64;
            self.given = 0;
            self.rows = self.table.next_block(&mut self.cells)?;
            if self.rows == 0 {
                return Ok(None);
            }
            let cells = &self.cells;
            let texts = |column: &usize| cells[*column].iter().map(Cell::text).collect();
            self.extra = self.columns.extra.iter().map(texts).collect();
        }
        self.given += 1;
        let Some(time) = self.time("time", self.columns.time)? else {
            let column = self.table.columns[self.columns.time].name.clone();
            return Err(ParquetError::NoTime { at: self.place(), column }.into());
        };
        let open_time = match &self.bar_type {
            Some(bar_type) => time.plus_bars(-1, bar_type.timeframe),
            None => time,
        };
        let closes = match self.columns.close_time {
            Some(column) => self.time("close_time", column)?,
            None => None,
        };
        let line = self.before + self.given as u64;
        Ok(Some(Row { line, open_time, bar: self.bar(open_time)?, closes }))
    }

    fn place(&self) -> Place {
        self.table.place(self.before + self.given as u64)
    }

    fn cell(&self, column: usize) -> &Cell {
        &self.cells[column][self.given.saturating_sub(1)]
    }

    /// The instant in a column; `None` where there is none.
    fn time(&mut self, name: &'static str, column: usize) -> Result<Option<Timestamp>, LoadError> {
        let cell = self.cell(column);
        let read = match cell {
            Cell::Null => return Ok(None),
            Cell::Text(text) if is_missing(text.trim()) => return Ok(None),
            Cell::Time(format, time) => Some((*format, *time)),
            Cell::Whole(number) => Some(epoch_time(*number)),
            Cell::Number(number) if number.fract().abs() <= 0.0 && number.abs() < 9e18 => {
                Some(epoch_time(*number as i64))
            }
            Cell::Text(text) => read_time(text.trim()),
            Cell::Number(_) | Cell::Flag(_) => None,
        };
        let refused = || (self.place(), quoted(&cell.text()));
        let Some((found, time)) = read else {
            let (at, text) = refused();
            return Err(LoadError::Time { at, column: name, text });
        };
        let first = self.times.map_or(found, |times| times.format);
        if found != first {
            let (at, text) = refused();
            return Err(LoadError::MixedTimes { at, column: name, text, first, found });
        }
        if !in_range(time) {
            let (at, text) = refused();
            return Err(LoadError::TimeOutOfRange { at, column: name, text, time });
        }
        let local = matches!(cell, Cell::Text(text) if lacks_offset(text.trim()));
        self.times.get_or_insert(Times { format: first, local });
        Ok(Some(time))
    }

    /// The bar of the row, or the rule that its numbers break.
    fn bar(&self, open_time: Timestamp) -> Result<Result<Bar, String>, LoadError> {
        let mut values = [0.0; 5];
        for ((value, name), &column) in values.iter_mut().zip(VALUES).zip(&self.columns.values) {
            *value = self.number(name, column)?.unwrap_or(f64::NAN);
        }
        let optional = |name, column: Option<usize>| match column {
            Some(column) => self.number(name, column),
            None => Ok(None),
        };
        let values = BarValues {
            values,
            quote_volume: optional("quote_volume", self.columns.quote_volume)?,
            trades: optional("trades", self.columns.trades)?,
            taker_buy_volume: optional("taker_buy_volume", self.columns.taker_buy_volume)?,
        };
        Ok(values.bar(open_time, |value| match self.cell(self.columns.values[value]) {
            Cell::Null => "null".to_owned(),
            cell => cell.text(),
        }))
    }

    /// A number; `None` for a missing one.
    fn number(&self, name: &'static str, column: usize) -> Result<Option<f64>, LoadError> {
        match self.cell(column) {
            Cell::Whole(number) => Ok(Some(*number as f64)),
            Cell::Number(number) => Ok(Some(*number)),
            Cell::Text(text) => match text.trim().parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) if is_missing(text.trim()) => Ok(None),
                Err(_) => {
                    Err(LoadError::Number { at: self.place(), column: name, text: quoted(text.trim()) })
                }
            },
            Cell::Null | Cell::Flag(_) | Cell::Time(..) => Ok(None),
        }
    }
}

/// What a file of NautilusTrader's catalogue tells of its bars; `None` for any other table.
fn as_catalogue(path: &Path, table: &mut TableColumns) -> Result<Option<BarType>, LoadError> {
    let width = table.columns.iter().find(|column| column.name == "open").and_then(|column| column.raw_bytes);
    let digits = match width {
        Some(16) => 16,
        Some(8) => 9,
        _ => return Ok(None),
    };
    if !table.columns.iter().any(|column| column.name == CLOSED) {
        return Ok(None);
    }
    for column in table.columns.iter_mut().filter(|column| VALUES.contains(&column.name.as_str())) {
        if column.raw_bytes == width {
            column.read_as(Kind::Fixed { digits, unsigned: column.name == "volume" });
        }
    }
    let directory = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let told = table.metadata("bar_type").map(str::to_owned).or(directory);
    let path = path.to_owned();
    let Some(bar_type) = told else { return Err(ParquetError::NoBarType { path }.into()) };
    match BarType::parse(&bar_type) {
        Ok(bar_type) => Ok(Some(bar_type)),
        Err(BarTypeFault::Form) => Err(ParquetError::NoBarType { path }.into()),
        Err(BarTypeFault::Length(detail)) => Err(ParquetError::BarType { path, bar_type, detail }.into()),
    }
}

fn columns_of(
    path: &Path,
    table: &TableColumns,
    is_catalogue: bool,
    extra: &[String],
) -> Result<Columns, LoadError> {
    let name =
        |name: &'_ str| if is_catalogue && name == CLOSED { "open_time".to_owned() } else { name.to_owned() };
    let names: Vec<String> = table.columns.iter().map(|column| name(&column.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let path = path.to_owned();
    Columns::from_header(&names, extra).map_err(|fault| {
        LoadError::from(match fault {
            HeaderFault::Wrong { problem, found } => ParquetError::WrongColumns { path, problem, found },
            HeaderFault::Extra { name, found } => ParquetError::ExtraColumn { path, name, found },
            HeaderFault::Width(found) => {
                ParquetError::WrongColumns { path, problem: format!("{found} columns"), found: String::new() }
            }
        })
    })
}

/// An error where a column's type can't be what its name says.
fn check_kinds(path: &Path, table: &TableColumns, columns: &Columns) -> Result<(), LoadError> {
    let optional = [columns.quote_volume, columns.trades, columns.taker_buy_volume];
    let numbers = columns.values.iter().chain(optional.iter().flatten());
    let times = [Some(columns.time), columns.close_time];
    let texts = columns.extra.iter().chain(&columns.symbol);
    let checks = numbers
        .map(|place| (*place, "numbers", Kind::is_number as fn(Kind) -> bool))
        .chain(times.iter().flatten().map(|place| (*place, "times", Kind::is_time as fn(Kind) -> bool)))
        .chain(texts.map(|place| (*place, "text", (|kind| kind != Kind::Other) as fn(Kind) -> bool)));
    for (place, wanted, fits) in checks {
        let column = &table.columns[place];
        if !fits(column.kind()) {
            let (path, found) = (path.to_owned(), column.shown.clone());
            return Err(ParquetError::WrongType { path, column: column.name.clone(), found, wanted }.into());
        }
    }
    Ok(())
}
