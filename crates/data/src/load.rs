//! From files to series.

use std::path::Path;

use market::{Bar, BarSeries, GapPolicy, Hole, Timeframe};
use serde::{Deserialize, Serialize};

use crate::findings::{ReadBar, most_frequent};
use crate::input::Input;
use crate::report::report;
use crate::rows::Rows;
use crate::sequence::{Planned, plan, refuse_other_symbols};
use crate::{Action, ExpansionLimit, FindingKind, LoadError, QualityPolicy, QualityReport, fingerprint};

/// Bars that show whether a timeframe fits a file.
const BARS_THAT_SHOW: usize = 10;

/// How to load bars.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoadOptions {
    /// Symbol of the series; by default from the file name, such as BTCUSDT for `BTCUSDT-5m.csv.gz`, or
    /// from the file itself. Where names or a symbol column tell of several, the one to load.
    pub symbol: Option<String>,
    /// Length of a bar; by default the most frequent distance of two bars.
    pub timeframe: Option<Timeframe>,
    /// The longest hole that doesn't cut the series; by default [`GapPolicy::from_holes`].
    pub max_missing_bars: Option<u64>,
    /// What to do with faults.
    pub policy: QualityPolicy,
    /// Text columns to return besides the bars, such as a label column.
    pub extra_columns: Vec<String>,
    /// The most text that a packed file may hold.
    #[serde(skip)]
    pub limit: ExpansionLimit,
}

/// A symbol's bars.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedBars {
    /// The bars.
    pub series: BarSeries,
    /// What was found in the files.
    pub quality: QualityReport,
    /// The text columns as asked for, by name, with one value per bar of the series.
    pub columns: Vec<(String, Vec<String>)>,
    /// [`fingerprint`] of the series.
    pub fingerprint: String,
}

/// Loads the bars of one symbol from a file, from all bar files of a directory, or from the files that fit
/// a pattern such as `BTCUSDT-5m-*.zip`.
///
/// A file is CSV as it is, in gzip or in a zip archive, or Parquet (NautilusTrader's catalogue too). Several
/// files are one series, in the order of their first bars.
///
/// # Errors
/// [`LoadError`] names the file, the line and what to do.
pub fn load(path: &Path, options: &LoadOptions) -> Result<LoadedBars, LoadError> {
    load_files(&[path], options)
}

/// Loads the bars of one symbol from several files, directories or patterns, as one series.
///
/// # Errors
/// As [`load`]; and where files are of different symbols or timeframes.
pub fn load_files(paths: &[impl AsRef<Path>], options: &LoadOptions) -> Result<LoadedBars, LoadError> {
    options.policy.validate()?;
    let sequence = plan(paths, options)?;
    if options.symbol.is_none() {
        refuse_other_symbols(&sequence)?;
    }
    let mut inputs = read(&sequence, options, true)?;
    match (inputs.pop(), &options.symbol) {
        (Some(input), _) => finish(paths, input, &sequence, options),
        (None, symbol) => Err(no_such_symbol(paths, symbol.as_deref(), &sequence)),
    }
}

/// Loads the bars of every symbol that the files hold, in the order of the symbols' names.
///
/// The symbol is told by the file's name (`BTCUSDT-5m-2024-01.zip`), by a column `symbol`, `ticker` or
/// `instrument_id`, or by the catalogue's description.
///
/// # Errors
/// As [`load`].
pub fn load_symbols(paths: &[impl AsRef<Path>], options: &LoadOptions) -> Result<Vec<LoadedBars>, LoadError> {
    options.policy.validate()?;
    let sequence = plan(paths, options)?;
    let mut inputs = read(&sequence, options, false)?;
    if inputs.is_empty() {
        return Err(no_such_symbol(paths, options.symbol.as_deref(), &sequence));
    }
    inputs.sort_by(|left, right| left.symbol.cmp(&right.symbol));
    inputs.into_iter().map(|input| finish(paths, input, &sequence, options)).collect()
}

/// Reads all rows in sequence. With `one` a second symbol is an error; a symbol that is asked for is the
/// only one that counts.
fn read(sequence: &[Planned], options: &LoadOptions, one: bool) -> Result<Vec<Input>, LoadError> {
    let mut inputs: Vec<Input> = Vec::new();
    for (part, planned) in sequence.iter().enumerate() {
        let mut rows = Rows::open(&planned.part, &options.extra_columns, options.limit)?;
        let mut current: Option<usize> = None;
        while let Some(row) = rows.next_row()? {
            let symbol = rows.symbol().unwrap_or(&planned.symbol);
            if options.symbol.as_ref().is_some_and(|wanted| wanted != symbol) {
                continue;
            }
            let known = current.filter(|&index| inputs[index].symbol == symbol);
            let index = match known.or_else(|| inputs.iter().position(|input| input.symbol == symbol)) {
                Some(index) => index,
                None if one && !inputs.is_empty() => {
                    return Err(other_symbol(sequence, &inputs[0], (part, row.line), symbol));
                }
                None => {
                    inputs.push(Input::new(symbol, options.extra_columns.len()));
                    inputs.len() - 1
                }
            };
            current = Some(index);
            let Some(times) = rows.times() else { continue };
            let input = &mut inputs[index];
            if input.take(row, part, times, sequence, options.policy)? {
                for (column, values) in input.extra.iter_mut().enumerate() {
                    values.push(rows.extra(column).to_owned());
                }
            }
        }
    }
    Ok(inputs)
}

fn other_symbol(sequence: &[Planned], first: &Input, (part, line): (usize, u64), symbol: &str) -> LoadError {
    let first_part = first.rows.first().map_or(part, |(part, _)| *part);
    LoadError::SymbolsDiffer {
        first: sequence[first_part].part.origin.to_string(),
        first_symbol: first.symbol.clone(),
        second: sequence[part].part.place(line).to_string(),
        second_symbol: symbol.to_owned(),
    }
}

fn no_such_symbol(paths: &[impl AsRef<Path>], symbol: Option<&str>, sequence: &[Planned]) -> LoadError {
    let mut found: Vec<&str> = sequence.iter().map(|planned| planned.symbol.as_str()).collect();
    found.sort_unstable();
    found.dedup();
    LoadError::SymbolNotThere {
        path: first_path(paths).to_owned(),
        symbol: symbol.unwrap_or_default().to_owned(),
        found: crate::place::listed(&found),
    }
}

fn first_path(paths: &[impl AsRef<Path>]) -> &Path {
    paths.first().map_or(Path::new(""), AsRef::as_ref)
}

/// Makes the series of one symbol.
fn finish(
    paths: &[impl AsRef<Path>],
    mut input: Input,
    sequence: &[Planned],
    options: &LoadOptions,
) -> Result<LoadedBars, LoadError> {
    let path = first_path(paths);
    let nothing_left = |input: &Input| {
        let most = FindingKind::ALL.into_iter().max_by_key(|kind| input.findings.count(*kind));
        let kind = most.unwrap_or(FindingKind::InvalidBars);
        LoadError::NothingLeft { path: path.to_owned(), kind, rows: input.row_count() }
    };
    if input.bars.is_empty() {
        return Err(nothing_left(&input));
    }
    let behind = input.findings.count(FindingKind::OutOfOrder);
    if behind > input.bars.len() as u64 {
        return Err(LoadError::NewestFirst { path: path.to_owned(), behind, rows: input.row_count() });
    }
    refuse_other_spacing(&input.bars, sequence)?;
    let told = sequence[input.bars[0].at.part].told_timeframe;
    let timeframe = timeframe_of(path, &input.bars, options.timeframe.or(told))?;
    input.inspect(sequence, options.policy, timeframe)?;
    if input.bars.is_empty() {
        return Err(nothing_left(&input));
    }
    let series = series_of(input.symbol.clone(), timeframe, options.max_missing_bars, &input.bars);
    if options.policy.gaps == Action::Error {
        refuse_gaps(sequence, &series, &input.bars)?;
    }
    let columns = options.extra_columns.iter().cloned().zip(std::mem::take(&mut input.extra)).collect();
    let fingerprint = fingerprint(&series);
    let shown = match paths.len() {
        1 => path.display().to_string(),
        count => format!("{} and {} more", path.display(), count - 1),
    };
    Ok(LoadedBars { quality: report(shown, sequence, &series, input), series, columns, fingerprint })
}

fn distances(bars: &[ReadBar]) -> Vec<i64> {
    bars.windows(2).map(|pair| pair[1].bar.open_time.millis() - pair[0].bar.open_time.millis()).collect()
}

/// An error where the bars of two parts, each with enough of them, are not equally far apart.
fn refuse_other_spacing(bars: &[ReadBar], sequence: &[Planned]) -> Result<(), LoadError> {
    let usual = |bars: &[ReadBar]| {
        let usual = most_frequent(distances(bars)).filter(|_| bars.len() >= BARS_THAT_SHOW)?;
        Some((bars[0].at.part, Timeframe::from_millis(usual).ok()?))
    };
    let mut parts = bars.chunk_by(|left, right| left.at.part == right.at.part).filter_map(usual);
    let Some((first, first_timeframe)) = parts.next() else { return Ok(()) };
    match parts.find(|(_, timeframe)| *timeframe != first_timeframe) {
        None => Ok(()),
        Some((second, second_timeframe)) => Err(LoadError::TimeframesDiffer {
            first: sequence[first].part.origin.to_string(),
            first_timeframe,
            second: sequence[second].part.origin.to_string(),
            second_timeframe,
        }),
    }
}

/// The timeframe asked for if it fits, or the most frequent distance of two bars.
fn timeframe_of(path: &Path, bars: &[ReadBar], asked: Option<Timeframe>) -> Result<Timeframe, LoadError> {
    let distances = distances(bars);
    let seldom = |asked: Timeframe| bars.len() >= BARS_THAT_SHOW && !distances.contains(&asked.millis());
    let usual = most_frequent(distances.clone()).and_then(|millis| Timeframe::from_millis(millis).ok());
    match (asked, usual) {
        (Some(asked), Some(found)) if found < asked || (found > asked && seldom(asked)) => {
            Err(LoadError::TimeframeMismatch { path: path.to_owned(), asked, found })
        }
        (Some(timeframe), _) | (None, Some(timeframe)) => Ok(timeframe),
        (None, None) => Err(LoadError::TimeframeUnknown { path: path.to_owned() }),
    }
}

fn series_of(symbol: String, timeframe: Timeframe, limit: Option<u64>, bars: &[ReadBar]) -> BarSeries {
    let bars: Vec<Bar> = bars
        .iter()
        .map(|read| Bar { close_time: read.bar.open_time.plus_bars(1, timeframe), ..read.bar })
        .collect();
    let count = bars.len();
    let series = BarSeries::new(symbol, timeframe, GapPolicy::CONTINUOUS, bars)
        .expect("there are bars, and rows that are not in order were left out");
    let gaps = limit.map_or_else(
        || GapPolicy::from_holes(&series.holes(), count),
        |max_missing_bars| GapPolicy { max_missing_bars },
    );
    series.with_gaps(gaps)
}

fn refuse_gaps(sequence: &[Planned], series: &BarSeries, bars: &[ReadBar]) -> Result<(), LoadError> {
    let limit = series.gaps().max_missing_bars;
    let Some(Hole { after, before, missing_bars }) =
        series.holes().into_iter().find(|hole| hole.missing_bars > limit)
    else {
        return Ok(());
    };
    let behind = bars.partition_point(|read| read.bar.open_time < before);
    let at = bars[behind].at;
    Err(LoadError::Gap { at: sequence[at.part].part.place(at.line), missing_bars, after, before, limit })
}
