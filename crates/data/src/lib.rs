//! Bars from CSV and gzip-compressed CSV files, with a quality report.
//!
//! Comes in: a path and [`LoadOptions`]. Goes out: [`LoadedBars`], which holds a
//! [`market::BarSeries`], what was found wrong with the file ([`QualityReport`]) and a fingerprint of
//! the bars. The layout, the unit of the times, the timeframe and the symbol are detected. Nothing is
//! repaired silently: a fault is an error that names its line, unless the [`QualityPolicy`] says to
//! drop or keep such rows, and then it is counted. Does not download, resample or write files.

mod error;
mod findings;
mod fingerprint;
mod input;
mod layout;
mod load;
mod place;
mod policy;
mod quality;
mod report_text;
mod rows;
mod source;
mod symbol;
mod thousands;
mod time_format;

pub use error::LoadError;
pub use fingerprint::fingerprint;
pub use layout::Layout;
pub use load::{LoadOptions, LoadedBars, load};
pub use place::Place;
pub use policy::{Action, PolicyError, QualityPolicy};
pub use quality::{Finding, FindingKind, QualityReport};
pub use thousands::thousands;
pub use time_format::{TimeFormat, parse_time};
