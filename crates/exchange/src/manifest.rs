//! What is on disk: the parts of one symbol's bars and the file made of them.

use std::fs;
use std::path::{Path, PathBuf};

use durable::{sha256_file, write_file};
use market::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{FetchError, Interval, Period, Product, Symbol};

/// Where a part's rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// A zip file of the archive, verified by its checksum file.
    Archive,
    /// Rows of the REST service.
    Rest,
}

/// A verified file of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// The month or day that it covers.
    pub(crate) period: Period,
    /// Where it is from.
    pub(crate) source: Source,
    /// Name in the folder of parts.
    pub(crate) file: String,
    /// Length.
    pub(crate) bytes: u64,
    /// Hash of the file.
    pub(crate) sha256: String,
    /// REST: bars that closed after this instant were not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) closed_until: Option<Timestamp>,
    /// False where bars that should have closed were missing and may still appear (REST, less than a day
    /// ago).
    pub(crate) complete: bool,
}

/// The assembled file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assembled {
    /// Hash of the parts and the range that it was made of.
    pub(crate) recipe: String,
    /// Length.
    pub(crate) bytes: u64,
    /// Hash of the file.
    pub(crate) sha256: String,
    /// Number of bars.
    pub(crate) bars: u64,
    /// Open time of the first bar.
    pub(crate) first: Timestamp,
    /// Open time of the last bar.
    pub(crate) last: Timestamp,
    /// Bars that are missing between the first bar and the end of the range.
    pub(crate) missing_bars: u64,
    /// Past days of the range without a single bar.
    pub(crate) days_without_bars: Vec<Period>,
}

/// The state of a folder of parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    schema: u32,
    symbol: Symbol,
    interval: Interval,
    product: Product,
    parts: Vec<Part>,
    assembled: Option<Assembled>,
}

const SCHEMA: u32 = 1;
const NAME: &str = "manifest.json";

impl Manifest {
    /// The manifest of a folder; an empty one where there is none, and with the reason where it can't be
    /// used.
    pub(crate) fn open(
        folder: &Path,
        (symbol, interval, product): (&Symbol, Interval, Product),
    ) -> Result<(Self, Option<String>), FetchError> {
        let empty = Self {
            schema: SCHEMA,
            symbol: symbol.clone(),
            interval,
            product,
            parts: Vec::new(),
            assembled: None,
        };
        let path = folder.join(NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((empty, None)),
            Err(error) => return Err(FetchError::file("read", &path)(error)),
        };
        let found: Self = match serde_json::from_slice(&bytes) {
            Ok(found) => found,
            Err(error) => return Ok((empty, Some(format!("it is not readable ({error})")))),
        };
        if (&found.symbol, found.interval, found.product) != (symbol, interval, product) {
            let found = format!("{} {} {}", found.product, found.symbol, found.interval);
            return Err(FetchError::OtherBars { folder: folder.to_owned(), found });
        }
        if found.schema != SCHEMA {
            return Ok((empty, Some(format!("its schema is {}, not {SCHEMA}", found.schema))));
        }
        Ok((found, None))
    }

    pub(crate) fn save(&self, folder: &Path) -> Result<(), FetchError> {
        let text = serde_json::to_string_pretty(self).expect("a manifest is plain data");
        Ok(write_file(&folder.join(NAME), format!("{text}\n").as_bytes())?)
    }

    /// The part of exactly that period.
    pub(crate) fn part(&self, period: Period) -> Option<&Part> {
        self.parts.iter().find(|part| part.period == period)
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn assembled(&self) -> Option<&Assembled> {
        self.assembled.as_ref()
    }

    pub(crate) fn set_assembled(&mut self, assembled: Assembled) {
        self.assembled = Some(assembled);
    }

    /// Adds a part in place of those whose days it covers; returns the names of files that are then of no
    /// use.
    pub(crate) fn put(&mut self, part: Part) -> Vec<String> {
        let covers = |other: &Part| {
            part.period.start() <= other.period.start() && other.period.end() <= part.period.end()
        };
        let file = part.file.clone();
        let replaced = self.parts.extract_if(.., |other| covers(other)).map(|other| other.file);
        let useless = replaced.filter(|name| *name != file).collect();
        self.parts.push(part);
        self.parts.sort_by_key(|part| (part.period.start(), part.period.end()));
        useless
    }

    /// Forgets the parts of a range whose file is gone or changed; returns their names.
    pub(crate) fn forget_damaged(
        &mut self,
        folder: &Path,
        concerned: impl Fn(Period) -> bool,
    ) -> Result<Vec<String>, FetchError> {
        let mut damaged = Vec::new();
        for part in self.parts.iter().filter(|part| concerned(part.period)) {
            if !stands(&folder.join(&part.file), part.bytes, &part.sha256)? {
                damaged.push(part.file.clone());
            }
        }
        self.parts.retain(|part| !damaged.contains(&part.file));
        Ok(damaged)
    }
}

/// True when a file has that length and hash.
pub(crate) fn stands(path: &Path, bytes: u64, sha256: &str) -> Result<bool, FetchError> {
    let there = fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == bytes);
    Ok(there && sha256_file(path)? == sha256)
}

/// Where things are.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    /// The assembled file.
    pub(crate) bars: PathBuf,
    /// The verified parts and the manifest.
    pub(crate) parts: PathBuf,
}

impl Folders {
    pub(crate) fn new(out: &Path, symbol: &Symbol, interval: Interval) -> Self {
        let name = format!("{symbol}-{interval}");
        Self { bars: out.join(format!("{name}.csv.gz")), parts: out.join(format!("{name}.parts")) }
    }
}
