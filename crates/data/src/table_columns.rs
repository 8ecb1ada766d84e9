//! Reads columns of a Parquet file, some thousand rows at a time.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use parquet::basic::Compression;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError as Fault;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::place::{Origin, Place, Unit};
use crate::table_cell::{Cell, Kind, int96};
use crate::{LoadError, ParquetError, source};

/// Rows that are read at a time.
const BLOCK: usize = 8192;
const MAGIC: &[u8] = b"PAR1";

/// A column that is not nested.
#[derive(Debug, Clone)]
struct Leaf {
    /// Its number among all leaves of the file.
    index: usize,
    kind: Kind,
    optional: bool,
}

/// A column of the table's first level.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Its type, for messages.
    pub(crate) shown: String,
    /// Length of its values in bytes where all are of one length and have no further meaning.
    pub(crate) raw_bytes: Option<usize>,
    leaf: Option<Leaf>,
}

impl Column {
    /// What its values mean; [`Kind::Other`] for a nested column.
    pub(crate) fn kind(&self) -> Kind {
        self.leaf.as_ref().map_or(Kind::Other, |leaf| leaf.kind)
    }

    /// Has its values read as another kind than its own description says.
    pub(crate) fn read_as(&mut self, kind: Kind) {
        if let Some(leaf) = &mut self.leaf {
            leaf.kind = kind;
        }
    }
}

/// The columns of an open file.
pub(crate) struct TableColumns {
    path: PathBuf,
    file: SerializedFileReader<File>,
    pub(crate) columns: Vec<Column>,
    /// Columns that are wanted, by their place in `columns`.
    wanted: Vec<usize>,
    next_group: usize,
    readers: Vec<ColumnReader>,
    /// Rows read so far.
    rows: u64,
}

impl TableColumns {
    /// Opens a file and reads its footer.
    pub(crate) fn open(path: &Path) -> Result<Self, LoadError> {
        let mut file = source::open(path)?;
        let unopened = |cause| source::unopened(path, cause);
        let bytes = file.seek(SeekFrom::End(0)).map_err(unopened)?;
        let mut end = [0; 4];
        if bytes >= 12 {
            file.seek(SeekFrom::End(-4)).map_err(unopened)?;
            file.read_exact(&mut end).map_err(unopened)?;
        }
        if end != MAGIC {
            return Err(ParquetError::Truncated { path: path.to_owned(), bytes }.into());
        }
        let unreadable =
            |cause: String| LoadError::from(ParquetError::Unreadable { path: path.to_owned(), cause });
        let file = guarded(|| SerializedFileReader::new(file)).map_err(unreadable)?;
        let columns = guarded(|| Ok(columns(&file))).map_err(unreadable)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            columns,
            wanted: Vec::new(),
            next_group: 0,
            readers: Vec::new(),
            rows: 0,
        })
    }

    /// Sets the columns that blocks are to hold.
    pub(crate) fn want(&mut self, wanted: impl IntoIterator<Item = usize>) -> Result<(), ParquetError> {
        self.wanted = wanted.into_iter().collect();
        self.wanted.sort_unstable();
        self.wanted.dedup();
        let columns = self.wanted.iter().map(|&place| &self.columns[place]);
        for (column, leaf) in columns.filter_map(|column| Some((column, column.leaf.as_ref()?))) {
            for group in self.file.metadata().row_groups() {
                let codec = group.columns().get(leaf.index).map(ColumnChunkMetaData::compression);
                if let Some(Compression::BROTLI(_) | Compression::LZO) = codec {
                    return Err(ParquetError::Codec {
                        path: self.path.clone(),
                        column: column.name.clone(),
                        codec: codec.map(|codec| codec.to_string()).unwrap_or_default(),
                    });
                }
            }
        }
        Ok(())
    }

    /// A text that the writer put beside the table.
    pub(crate) fn metadata(&self, key: &str) -> Option<&str> {
        let entries = self.file.metadata().file_metadata().key_value_metadata()?;
        entries.iter().find(|entry| entry.key == key)?.value.as_deref()
    }

    /// Fills `cells`, by the columns' places, with the next rows; their number, which is 0 at the end.
    pub(crate) fn next_block(&mut self, cells: &mut Vec<Vec<Cell>>) -> Result<usize, LoadError> {
        cells.resize_with(self.columns.len(), Vec::new);
        match guarded(AssertUnwindSafe(|| self.read_block(cells))) {
            Ok(read) => {
                self.rows += read as u64;
                Ok(read)
            }
            Err(cause) => Err(ParquetError::Damaged { at: self.place(self.rows + 1), cause }.into()),
        }
    }

    /// A row of this file.
    pub(crate) fn place(&self, row: u64) -> Place {
        Place { origin: Origin { path: self.path.clone(), member: None }, unit: Unit::Row, line: row }
    }

    fn read_block(&mut self, cells: &mut [Vec<Cell>]) -> Result<usize, Fault> {
        loop {
            if self.readers.is_empty() && !self.open_group()? {
                return Ok(0);
            }
            let mut rows = None;
            for (&place, reader) in self.wanted.iter().zip(&mut self.readers) {
                let Some(leaf) = &self.columns[place].leaf else { continue };
                let cells = &mut cells[place];
                cells.clear();
                read_cells(reader, leaf, cells)?;
                if *rows.get_or_insert(cells.len()) != cells.len() {
                    let name = &self.columns[place].name;
                    return Err(Fault::General(format!("column {name} has another number of rows")));
                }
            }
            match rows {
                None | Some(0) => self.readers.clear(),
                Some(rows) => return Ok(rows),
            }
        }
    }

    /// Starts on the next row group; false behind the last.
    fn open_group(&mut self) -> Result<bool, Fault> {
        if self.next_group >= self.file.num_row_groups() {
            return Ok(false);
        }
        let group = self.file.get_row_group(self.next_group)?;
        self.next_group += 1;
        for &place in &self.wanted {
            if let Some(leaf) = &self.columns[place].leaf {
                self.readers.push(group.get_column_reader(leaf.index)?);
            }
        }
        Ok(true)
    }
}

/// The first level of the table's schema.
fn columns(file: &SerializedFileReader<File>) -> Vec<Column> {
    let schema = file.metadata().file_metadata().schema_descr();
    let nested = |name: &str| Column {
        name: name.to_owned(),
        shown: "a nested type".to_owned(),
        raw_bytes: None,
        leaf: None,
    };
    let mut columns: Vec<Column> =
        schema.root_schema().get_fields().iter().map(|field| nested(field.name())).collect();
    for (index, descriptor) in schema.columns().iter().enumerate() {
        if descriptor.path().parts().len() > 1 || descriptor.max_rep_level() > 0 {
            continue;
        }
        let physical = descriptor.physical_type();
        let fixed = physical == parquet::basic::Type::FIXED_LEN_BYTE_ARRAY;
        let kind = Kind::of(descriptor);
        columns[schema.get_column_root_idx(index)] = Column {
            name: descriptor.name().to_owned(),
            shown: match descriptor.logical_type_ref() {
                Some(logical) => format!("{logical:?}"),
                None => physical.to_string(),
            },
            raw_bytes: usize::try_from(descriptor.type_length())
                .ok()
                .filter(|_| fixed && kind == Kind::Other),
            leaf: Some(Leaf { index, kind, optional: descriptor.max_def_level() > 0 }),
        };
    }
    columns
}

/// Appends up to [`BLOCK`] cells.
fn read_cells(reader: &mut ColumnReader, leaf: &Leaf, cells: &mut Vec<Cell>) -> Result<(), Fault> {
    let kind = leaf.kind;
    let senseless = || Fault::General("a value is not what its column says".to_owned());
    let bytes = |bytes: &[u8]| kind.bytes(bytes).ok_or_else(senseless);
    match reader {
        ColumnReader::BoolColumnReader(reader) => records(reader, leaf, cells, |flag| Ok(Cell::Flag(*flag))),
        ColumnReader::Int32ColumnReader(reader) => records(reader, leaf, cells, |value| {
            // Unsigned numbers of 32 bits stand in a signed field.
            let wide = if kind == Kind::Unsigned { value.cast_unsigned().into() } else { i64::from(*value) };
            Ok(kind.whole(wide))
        }),
        ColumnReader::Int64ColumnReader(reader) => {
            records(reader, leaf, cells, |value| Ok(kind.whole(*value)))
        }
        ColumnReader::Int96ColumnReader(reader) => {
            records(reader, leaf, cells, |value| Ok(int96(value.data())))
        }
        ColumnReader::FloatColumnReader(reader) => {
            records(reader, leaf, cells, |value| Ok(Cell::Number(f64::from(*value))))
        }
        ColumnReader::DoubleColumnReader(reader) => {
            records(reader, leaf, cells, |value| Ok(Cell::Number(*value)))
        }
        ColumnReader::ByteArrayColumnReader(reader) => {
            records(reader, leaf, cells, |value| bytes(value.data()))
        }
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            records(reader, leaf, cells, |value| bytes(value.data()))
        }
    }
}

fn records<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    leaf: &Leaf,
    cells: &mut Vec<Cell>,
    cell: impl Fn(&T::T) -> Result<Cell, Fault>,
) -> Result<(), Fault> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    reader.read_records(BLOCK, leaf.optional.then_some(&mut levels), None, &mut values)?;
    if !leaf.optional {
        for value in &values {
            cells.push(cell(value)?);
        }
        return Ok(());
    }
    let mut values = values.iter();
    for level in levels {
        cells.push(match level {
            0 => Cell::Null,
            _ => cell(values.next().ok_or_else(|| Fault::EOF("values are missing".to_owned()))?)?,
        });
    }
    Ok(())
}

/// Runs a part of the Parquet reader, which panics on some damaged files, and words its faults on one line.
fn guarded<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(fault)) => Err(fault.to_string().escape_debug().to_string()),
        Err(_) => Err("its structure contradicts itself".to_owned()),
    }
}
