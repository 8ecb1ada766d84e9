//! Bars from files, with a quality report.
//!
//! Comes in: a path (a file, a directory, a pattern) or several, and [`LoadOptions`]. A file is CSV as it
//! is, in gzip or in a zip archive, or Parquet (NautilusTrader's catalogue too). Goes out: [`LoadedBars`],
//! which holds a [`market::BarSeries`], what was found wrong with the files ([`QualityReport`]) and a
//! fingerprint of the bars. The layout, the unit of the times, the timeframe and the symbol are detected.
//! Nothing is repaired silently: a fault is an error that names its file and line, unless the
//! [`QualityPolicy`] says to drop or keep such rows, and then it is counted. Does not download or resample.
//!
//! Beside that it writes tables, by [`write_table`].

mod archive;
#[cfg(feature = "parquet")]
mod bar_type;
mod bar_values;
mod cut_archive;
mod daylight_saving;
mod error;
mod expansion;
mod file_name;
mod findings;
mod fingerprint;
mod input;
mod layout;
mod load;
mod parquet_error;
mod paths;
mod place;
mod policy;
mod quality;
mod report;
mod report_text;
mod rows;
mod sequence;
mod source;
#[cfg(feature = "parquet")]
mod table_cell;
#[cfg(feature = "parquet")]
mod table_columns;
mod table_file;
#[cfg(feature = "parquet")]
mod table_parquet;
#[cfg(feature = "parquet")]
mod table_rows;
mod text_rows;
mod thousands;
mod time_format;

pub use archive::ArchiveError;
pub use error::LoadError;
pub use expansion::ExpansionLimit;
pub use fingerprint::fingerprint;
pub use layout::Layout;
pub use load::{LoadOptions, LoadedBars, load, load_files, load_symbols};
pub use parquet_error::ParquetError;
pub use paths::{OverwritesInput, keep_inputs};
pub use place::{Origin, Place, Unit};
pub use policy::{Action, PolicyError, QualityPolicy};
pub use quality::{FileReport, Finding, FindingKind, QualityReport};
pub use table_file::{ColumnValues, OutputColumn, WriteTableError, check_table_path, write_table};
pub use thousands::thousands;
pub use time_format::{TimeFormat, parse_time};
