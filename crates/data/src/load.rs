//! From a file to a series.

use std::path::Path;

use market::{Bar, BarSeries, GapPolicy, Hole, Timeframe};
use serde::{Deserialize, Serialize};

use crate::findings::{ReadBar, most_frequent};
use crate::input::Input;
use crate::rows::RowReader;
use crate::symbol::symbol_of;
use crate::{Action, FindingKind, Layout, LoadError, QualityPolicy, QualityReport, TimeFormat, fingerprint};

/// Holes that a report lists.
const LISTED_HOLES: usize = 100;
/// Bars that show whether a timeframe fits a file.
const BARS_THAT_SHOW: usize = 10;

/// How to load a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoadOptions {
    /// Symbol of the series; by default from the file name, such as BTCUSDT for `BTCUSDT-5m.csv.gz`.
    pub symbol: Option<String>,
    /// Length of a bar; by default the most frequent distance of two bars.
    pub timeframe: Option<Timeframe>,
    /// The longest hole that doesn't cut the series; by default [`GapPolicy::from_holes`].
    pub max_missing_bars: Option<u64>,
    /// What to do with faults.
    pub policy: QualityPolicy,
    /// Text columns to return besides the bars, such as a label column.
    pub extra_columns: Vec<String>,
}

/// A file's bars.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedBars {
    /// The bars.
    pub series: BarSeries,
    /// What was found in the file.
    pub quality: QualityReport,
    /// The text columns as asked for, by name, with one value per bar of the series.
    pub columns: Vec<(String, Vec<String>)>,
    /// [`fingerprint`] of the series.
    pub fingerprint: String,
}

/// Loads the bars of a CSV or gzip-compressed CSV file.
///
/// # Errors
/// [`LoadError`] names the file, the line and what to do.
pub fn load(path: &Path, options: &LoadOptions) -> Result<LoadedBars, LoadError> {
    options.policy.validate()?;
    let mut reader = RowReader::open(path, &options.extra_columns)?;
    let mut input = Input::read(&mut reader, options)?;
    let layout = reader.layout();
    let Some(format) = reader.time_format() else {
        return Err(LoadError::HeaderOnly { path: path.to_owned() });
    };
    let nothing_left = |input: &Input| {
        let most = FindingKind::ALL.into_iter().max_by_key(|kind| input.findings.count(*kind));
        let kind = most.unwrap_or(FindingKind::InvalidBars);
        LoadError::NothingLeft { path: path.to_owned(), kind, rows: input.rows }
    };
    if input.bars.is_empty() {
        return Err(nothing_left(&input));
    }
    let timeframe = timeframe_of(path, &input.bars, options.timeframe)?;
    input.inspect(&reader, options.policy, timeframe, format)?;
    if input.bars.is_empty() {
        return Err(nothing_left(&input));
    }
    let symbol = options.symbol.clone().unwrap_or_else(|| symbol_of(path));
    let series = series_of(symbol, timeframe, options.max_missing_bars, &input.bars);
    if options.policy.gaps == Action::Error {
        refuse_gaps(&reader, &series, &input.bars)?;
    }
    let columns = options.extra_columns.iter().cloned().zip(std::mem::take(&mut input.extra)).collect();
    let fingerprint = fingerprint(&series);
    Ok(LoadedBars { quality: report(path, layout, format, &series, input), series, columns, fingerprint })
}

/// The timeframe asked for if it fits, or the most frequent distance of two bars.
fn timeframe_of(path: &Path, bars: &[ReadBar], asked: Option<Timeframe>) -> Result<Timeframe, LoadError> {
    let distances: Vec<i64> =
        bars.windows(2).map(|pair| pair[1].bar.open_time.millis() - pair[0].bar.open_time.millis()).collect();
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

fn refuse_gaps(reader: &RowReader, series: &BarSeries, bars: &[ReadBar]) -> Result<(), LoadError> {
    let limit = series.gaps().max_missing_bars;
    let Some(Hole { after, before, missing_bars }) =
        series.holes().into_iter().find(|hole| hole.missing_bars > limit)
    else {
        return Ok(());
    };
    let behind = bars.partition_point(|read| read.bar.open_time < before);
    Err(LoadError::Gap { at: reader.place(bars[behind].line), missing_bars, after, before, limit })
}

fn report(
    path: &Path,
    layout: Layout,
    time_format: TimeFormat,
    series: &BarSeries,
    input: Input,
) -> QualityReport {
    let Input { rows, findings, .. } = input;
    let holes = series.holes();
    let max_missing_bars = series.gaps().max_missing_bars;
    let breaking = holes.iter().copied().filter(|hole| hole.missing_bars > max_missing_bars).collect();
    let bars = series.bars();
    QualityReport {
        path: path.display().to_string(),
        layout,
        time_format,
        symbol: series.symbol().to_owned(),
        timeframe: series.timeframe(),
        rows,
        bars: bars.len() as u64,
        first: bars[0].open_time,
        last: bars[bars.len() - 1].open_time,
        missing_bars: holes.iter().map(|hole| hole.missing_bars).sum(),
        holes_total: holes.len() as u64,
        holes: longest(holes, LISTED_HOLES),
        breaking_holes: longest(breaking, LISTED_HOLES),
        segments: series.segments().len() as u64,
        max_missing_bars,
        duplicates: findings.count(FindingKind::Duplicates),
        out_of_order: findings.count(FindingKind::OutOfOrder),
        invalid_bars: findings.count(FindingKind::InvalidBars),
        zero_volume_bars: findings.count(FindingKind::ZeroVolumeRuns),
        longest_zero_volume_run: findings.longest(FindingKind::ZeroVolumeRuns),
        flat_bars: findings.count(FindingKind::FlatBars),
        longest_flat_run: findings.longest(FindingKind::FlatBars),
        outliers: findings.count(FindingKind::Outliers),
        off_grid: findings.count(FindingKind::OffGrid),
        short_bars: findings.count(FindingKind::ShortBars),
        dropped: rows - bars.len() as u64,
        examples: findings.into_examples(),
    }
}

/// The longest `count` holes, in time order.
pub(crate) fn longest(mut holes: Vec<Hole>, count: usize) -> Vec<Hole> {
    holes.sort_by_key(|hole| std::cmp::Reverse(hole.missing_bars));
    holes.truncate(count);
    holes.sort_by_key(|hole| hole.after);
    holes
}
