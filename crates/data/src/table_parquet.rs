//! Writes a table to Parquet, some thousand rows at a time.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError as Fault;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::table_file::{ColumnValues, OutputColumn};

/// Rows of a row group: what is held in memory while it is packed.
const GROUP_ROWS: usize = 1 << 16;
/// Values that are asked for at a time.
const BLOCK: usize = 4096;

/// Writes every column; the same table gives the same bytes.
pub(crate) fn write_parquet(
    file: &mut (impl Write + Send),
    rows: usize,
    columns: &[OutputColumn<'_>],
) -> io::Result<()> {
    write_groups(file, rows, columns).map_err(io::Error::other)
}

fn write_groups(
    file: &mut (impl Write + Send),
    rows: usize,
    columns: &[OutputColumn<'_>],
) -> Result<(), Fault> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .set_created_by("regime".to_owned())
        .build();
    let mut writer = SerializedFileWriter::new(file, schema(columns)?, Arc::new(properties))?;
    for start in (0..rows).step_by(GROUP_ROWS) {
        let end = rows.min(start + GROUP_ROWS);
        let mut group = writer.next_row_group()?;
        for column in columns {
            let Some(mut chunk) = group.next_column()? else {
                return Err(Fault::General(format!("there is no place for column {}", column.name)));
            };
            for block in (start..end).step_by(BLOCK) {
                write_block(&mut chunk, &column.values, block..end.min(block + BLOCK))?;
            }
            chunk.close()?;
        }
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

fn write_block(
    chunk: &mut SerializedColumnWriter<'_>,
    values: &ColumnValues<'_>,
    rows: std::ops::Range<usize>,
) -> Result<(), Fault> {
    match values {
        ColumnValues::Times(time) => {
            let millis: Vec<i64> = rows.map(|row| time(row).millis()).collect();
            chunk.typed::<Int64Type>().write_batch(&millis, None, None)?;
        }
        ColumnValues::Integers(number) => {
            let numbers: Vec<Option<i64>> = rows.map(number).collect();
            let present: Vec<i64> = numbers.iter().flatten().copied().collect();
            chunk.typed::<Int64Type>().write_batch(&present, Some(&levels(&numbers)), None)?;
        }
        ColumnValues::Numbers(number) => {
            let numbers: Vec<Option<f64>> = rows.map(number).collect();
            let present: Vec<f64> = numbers.iter().flatten().copied().collect();
            chunk.typed::<DoubleType>().write_batch(&present, Some(&levels(&numbers)), None)?;
        }
        ColumnValues::Texts(text) => {
            let texts: Vec<Option<&str>> = rows.map(text).collect();
            let present: Vec<ByteArray> = texts.iter().flatten().map(|text| ByteArray::from(*text)).collect();
            chunk.typed::<ByteArrayType>().write_batch(&present, Some(&levels(&texts)), None)?;
        }
    }
    Ok(())
}

/// 1 for each value and 0 where there is none.
fn levels<T>(values: &[Option<T>]) -> Vec<i16> {
    values.iter().map(|value| i16::from(value.is_some())).collect()
}

fn schema(columns: &[OutputColumn<'_>]) -> Result<TypePtr, Fault> {
    let field = |column: &OutputColumn<'_>| {
        let (physical, logical, repetition) = match column.values {
            ColumnValues::Times(_) => {
                let utc_millis = LogicalType::timestamp(true, TimeUnit::MILLIS);
                (Physical::INT64, Some(utc_millis), Repetition::REQUIRED)
            }
            ColumnValues::Integers(_) => (Physical::INT64, None, Repetition::OPTIONAL),
            ColumnValues::Numbers(_) => (Physical::DOUBLE, None, Repetition::OPTIONAL),
            ColumnValues::Texts(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::OPTIONAL),
        };
        let field = Type::primitive_type_builder(column.name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition)
            .build()?;
        Ok(Arc::new(field))
    };
    let fields = columns.iter().map(field).collect::<Result<Vec<TypePtr>, Fault>>()?;
    Ok(Arc::new(Type::group_type_builder("table").with_fields(fields).build()?))
}
