//! The parts of a series in time order: which files, whose bars, from when.

use std::path::Path;

use market::{Timeframe, Timestamp};

use crate::file_name::FileName;
use crate::place::Origin;
use crate::rows::Rows;
use crate::source::{self, Part};
use crate::{Layout, LoadError, LoadOptions, TimeFormat, paths};

/// A part with what its first row tells.
pub(crate) struct Planned {
    pub(crate) part: Part,
    pub(crate) layout: Layout,
    pub(crate) format: TimeFormat,
    /// The symbol of rows that do not tell theirs.
    pub(crate) symbol: String,
    /// True when the rows, or the file's own description, tell the symbol.
    pub(crate) tells_symbol: bool,
    /// Timeframe by the file's own description.
    pub(crate) told_timeframe: Option<Timeframe>,
    /// Timeframe by its description or its name.
    timeframe: Option<Timeframe>,
    first: Timestamp,
}

/// The parts that the paths hold, sorted by their first row's time; those of a symbol that is asked for,
/// where names tell symbols.
pub(crate) fn plan(paths: &[impl AsRef<Path>], options: &LoadOptions) -> Result<Vec<Planned>, LoadError> {
    let mut parts = Vec::new();
    for path in paths::files(paths)? {
        for part in source::parts(&path, options.limit)? {
            parts.push(planned(part, options)?);
        }
    }
    parts.sort_by_key(|part| part.first);
    if let Some(symbol) = &options.symbol {
        parts = of_symbol(parts, symbol)?;
    }
    refuse_other_timeframes(&parts)?;
    Ok(parts)
}

/// A part, opened up to its first row.
fn planned(part: Part, options: &LoadOptions) -> Result<Planned, LoadError> {
    let mut rows = Rows::open(&part, &options.extra_columns, options.limit)?;
    let (Some(row), Some(times)) = (rows.next_row()?, rows.times()) else {
        return Err(LoadError::HeaderOnly { origin: part.origin });
    };
    let name = name_of(&part.origin);
    let told = rows.symbol().map(str::to_owned);
    Ok(Planned {
        layout: rows.layout(),
        format: times.format,
        tells_symbol: told.is_some(),
        symbol: told.unwrap_or(name.symbol),
        told_timeframe: rows.timeframe(),
        timeframe: rows.timeframe().or(name.timeframe),
        first: row.open_time,
        part,
    })
}

/// The name inside an archive where it tells a timeframe, else the archive's or file's own.
fn name_of(origin: &Origin) -> FileName {
    let inner = origin.member.as_ref().map(|member| FileName::of(Path::new(&**member)));
    inner.filter(|name| name.timeframe.is_some()).unwrap_or_else(|| FileName::of(&origin.path))
}

/// The files that their names give to `symbol`. Where no name does, files of one name are of that symbol.
fn of_symbol(mut parts: Vec<Planned>, symbol: &str) -> Result<Vec<Planned>, LoadError> {
    if parts.iter().any(|part| !part.tells_symbol && part.symbol == symbol) {
        parts.retain(|part| part.tells_symbol || part.symbol == symbol);
        return Ok(parts);
    }
    refuse_other_symbols(parts.iter().filter(|part| !part.tells_symbol))?;
    for part in parts.iter_mut().filter(|part| !part.tells_symbol) {
        symbol.clone_into(&mut part.symbol);
    }
    Ok(parts)
}

/// An error where two parts are of different symbols.
pub(crate) fn refuse_other_symbols<'a>(
    parts: impl IntoIterator<Item = &'a Planned>,
) -> Result<(), LoadError> {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Ok(()) };
    match parts.find(|part| part.symbol != first.symbol) {
        None => Ok(()),
        Some(second) => Err(LoadError::SymbolsDiffer {
            first: first.part.origin.to_string(),
            first_symbol: first.symbol.clone(),
            second: second.part.origin.to_string(),
            second_symbol: second.symbol.clone(),
        }),
    }
}

/// An error where two parts of a symbol are of different timeframes by their names.
fn refuse_other_timeframes(parts: &[Planned]) -> Result<(), LoadError> {
    for (index, second) in parts.iter().enumerate() {
        let Some(found) = second.timeframe else { continue };
        let other = parts[..index].iter().find_map(|first| {
            first
                .timeframe
                .filter(|other| *other != found && first.symbol == second.symbol)
                .map(|other| (first, other))
        });
        if let Some((first, other)) = other {
            return Err(LoadError::TimeframesDiffer {
                first: first.part.origin.to_string(),
                first_timeframe: other,
                second: second.part.origin.to_string(),
                second_timeframe: found,
            });
        }
    }
    Ok(())
}
