//! Writes a table of named columns to CSV, gzip-compressed CSV or Parquet.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use durable::{StagedFile, StorageError};
use flate2::Compression;
use flate2::write::GzEncoder;
use market::Timestamp;

use crate::paths::{OverwritesInput, keep_inputs};

/// A column of a table that is to be written.
pub struct OutputColumn<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its values.
    pub values: ColumnValues<'a>,
}

/// The values of a column, asked for row by row, so that no copy of the table has to be made.
pub enum ColumnValues<'a> {
    /// Instants of UTC.
    Times(Box<dyn Fn(usize) -> Timestamp + 'a>),
    /// Whole numbers, such as epoch milliseconds, or `None` where there is no value.
    Integers(Box<dyn Fn(usize) -> Option<i64> + 'a>),
    /// Numbers, or `None` where there is no value.
    Numbers(Box<dyn Fn(usize) -> Option<f64> + 'a>),
    /// Texts, or `None` where there is no value.
    Texts(Box<dyn Fn(usize) -> Option<&'a str> + 'a>),
}

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteTableError {
    /// An ending that stands for no form.
    #[error("{} ends in no form that can be written; name it .csv, .csv.gz or .parquet", path.display())]
    Form {
        /// The path.
        path: PathBuf,
    },
    /// The output would replace what it is made from.
    #[error(transparent)]
    Input(#[from] OverwritesInput),
    /// Two columns of one name, or none at all.
    #[error("{} would have {problem}; give each column its own name", path.display())]
    Columns {
        /// The path.
        path: PathBuf,
        /// What is wrong with the columns.
        problem: String,
    },
    /// The form is not built in.
    #[error(
        "{} can't be written, because this program was built without the feature `parquet`; name it .csv",
        path.display()
    )]
    NotBuilt {
        /// The path.
        path: PathBuf,
    },
    /// The system refused a step.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Writing stopped.
    #[error("can't write {}: {cause}; check the disk and try again", path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// What the system or the Parquet writer said.
        cause: io::Error,
    },
}

/// The forms of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    CsvGzip,
    Parquet,
}

impl Form {
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let forms = [(".csv", Self::Csv), (".csv.gz", Self::CsvGzip), (".parquet", Self::Parquet)];
        forms.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, form)| form)
    }
}

/// Writes `rows` rows of columns to a file whose ending says the form: `.csv`, `.csv.gz` or `.parquet`.
/// The file appears whole or not at all.
///
/// In CSV a time is written as `2024-01-31T12:30:00Z` (with milliseconds where there are any), a number as
/// the shortest text that reads back to the same bits, and no value as an empty field. In Parquet a time is
/// a UTC timestamp in milliseconds, a whole number a nullable 64-bit integer, a number a nullable double and a text a nullable string.
///
/// # Errors
/// [`WriteTableError`] says what to do; what was at `path` before is then untouched.
pub fn write_table(path: &Path, rows: usize, columns: &[OutputColumn<'_>]) -> Result<(), WriteTableError> {
    let Some(form) = Form::of(path) else { return Err(WriteTableError::Form { path: path.to_owned() }) };
    let problem = |problem: String| WriteTableError::Columns { path: path.to_owned(), problem };
    if columns.is_empty() {
        return Err(problem("no columns".to_owned()));
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = columns.iter().find(|column| !names.insert(column.name)) {
        return Err(problem(format!("two columns {}", twice.name)));
    }
    #[cfg(not(feature = "parquet"))]
    if form == Form::Parquet {
        return Err(WriteTableError::NotBuilt { path: path.to_owned() });
    }
    let mut file = BufWriter::with_capacity(1 << 16, StagedFile::create(path)?);
    let written = match form {
        Form::Csv => write_csv(&mut file, rows, columns),
        Form::CsvGzip => {
            let mut packed = GzEncoder::new(&mut file, Compression::default());
            write_csv(&mut packed, rows, columns).and_then(|()| packed.finish().map(|_| ()))
        }
        #[cfg(feature = "parquet")]
        Form::Parquet => crate::table_parquet::write_parquet(&mut file, rows, columns),
        #[cfg(not(feature = "parquet"))]
        Form::Parquet => Ok(()),
    };
    let failed = |cause: io::Error| WriteTableError::Write { path: path.to_owned(), cause };
    written.map_err(failed)?;
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok(file.publish()?)
}

/// Checks that a table can be written to `path`, for use before the work of making one from the files that
/// `inputs` mean.
///
/// # Errors
/// [`WriteTableError`] for an ending that stands for no form, for one of the inputs, and for a place that can't
/// be written.
pub fn check_table_path(path: &Path, inputs: &[PathBuf]) -> Result<(), WriteTableError> {
    keep_inputs(path, inputs)?;
    if Form::of(path).is_none() {
        return Err(WriteTableError::Form { path: path.to_owned() });
    }
    if path.is_dir() {
        let cause = io::Error::from(io::ErrorKind::IsADirectory);
        return Err(WriteTableError::Write { path: path.to_owned(), cause });
    }
    // Dropped at once, it leaves nothing.
    StagedFile::create(path)?;
    Ok(())
}

fn write_csv(file: &mut impl Write, rows: usize, columns: &[OutputColumn<'_>]) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record(columns.iter().map(|column| column.name))?;
    let mut text = String::new();
    for row in 0..rows {
        for column in columns {
            text.clear();
            match &column.values {
                ColumnValues::Times(time) => push_time(&mut text, time(row)),
                ColumnValues::Integers(number) => {
                    if let Some(number) = number(row) {
                        use std::fmt::Write as _;
                        write!(text, "{number}").expect("a string takes any text");
                    }
                }
                ColumnValues::Numbers(number) => {
                    if let Some(number) = number(row) {
                        use std::fmt::Write as _;
                        write!(text, "{number:?}").expect("a string takes any text");
                    }
                }
                ColumnValues::Texts(value) => text.push_str(value(row).unwrap_or_default()),
            }
            csv.write_field(&text)?;
        }
        csv.write_record(None::<&[u8]>)?;
    }
    csv.flush()
}

/// `2024-01-31T12:30:00Z`.
fn push_time(text: &mut String, time: Timestamp) {
    use std::fmt::Write as _;
    let start = text.len();
    write!(text, "{time}Z").expect("a string takes any text");
    if let Some(space) = text[start..].find(' ') {
        text.replace_range(start + space..=start + space, "T");
    }
}
