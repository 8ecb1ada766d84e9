//! Puts a quality report together.

use market::{BarSeries, Hole};

use crate::input::Input;
use crate::quality::FileReport;
use crate::sequence::Planned;
use crate::{Finding, FindingKind, QualityReport};

/// Holes that a report lists.
const LISTED_HOLES: usize = 100;

/// The report on a series that was made of the rows of `input`; `path` is what was asked for.
pub(crate) fn report(path: String, sequence: &[Planned], series: &BarSeries, input: Input) -> QualityReport {
    let rows = input.row_count();
    let Input { rows: rows_of, findings, .. } = input;
    let file = |&(part, rows): &(usize, u64)| FileReport {
        path: sequence[part].part.origin.to_string(),
        layout: sequence[part].layout,
        time_format: sequence[part].format,
        rows,
    };
    let files: Vec<FileReport> = rows_of.iter().map(file).collect();
    let several = files.len() > 1;
    let holes = series.holes();
    let max_missing_bars = series.gaps().max_missing_bars;
    let breaking = holes.iter().copied().filter(|hole| hole.missing_bars > max_missing_bars).collect();
    let bars = series.bars();
    QualityReport {
        path,
        layout: files[0].layout,
        time_format: files[0].time_format,
        files,
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
        daylight_saving: findings.count(FindingKind::DaylightSaving),
        dropped: rows - bars.len() as u64,
        examples: findings
            .into_examples()
            .into_iter()
            .map(|example| {
                let part = &sequence[example.at.part].part;
                Finding {
                    kind: example.kind,
                    file: several.then(|| part.origin.to_string()),
                    unit: part.unit(),
                    line: example.at.line,
                    time: example.time,
                    detail: example.detail,
                }
            })
            .collect(),
    }
}

/// The longest `count` holes, in time order.
pub(crate) fn longest(mut holes: Vec<Hole>, count: usize) -> Vec<Hole> {
    holes.sort_by_key(|hole| std::cmp::Reverse(hole.missing_bars));
    holes.truncate(count);
    holes.sort_by_key(|hole| hole.after);
    holes
}
