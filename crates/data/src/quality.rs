//! What was found in a file.

use market::{Hole, Timeframe, Timestamp};
use serde::Serialize;

use crate::findings::At;
use crate::{Layout, TimeFormat, Unit};

/// How many findings of each kind are kept as examples.
const EXAMPLES: usize = 5;

/// The kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A row with the time of an earlier row that was used.
    Duplicates,
    /// A row earlier than the last one that was used.
    OutOfOrder,
    /// A row whose numbers break a rule of [`market::Bar::new`], or are missing.
    InvalidBars,
    /// Bars without volume.
    ZeroVolumeRuns,
    /// Bars whose open, high, low and close are one price.
    FlatBars,
    /// Bars with `|ln(close / previous close)| > 20 σ` or `ln(high / low) > 20 σ`.
    ///
    /// σ is 1.4826 · median(|r − median(r)|) over the log returns r of the whole file. Returns over a
    /// hole are left out. With fewer than 20 returns, or with σ below 1e-9 (most returns equal), nothing
    /// is an outlier. After a single bad tick the price jumps back, so the bar behind it counts too.
    Outliers,
    /// Bars whose open time differs from the most frequent one modulo the timeframe.
    OffGrid,
    /// Bars whose close time in the file is not one timeframe after their open time. It may be
    /// exclusive, or inclusive: one millisecond less, or one second where times are written in seconds.
    ShortBars,
    /// Holes of exactly the hour that the clocks of a zone skip in spring, in a file whose times have a
    /// clock but no offset: the times may be local, and are read as UTC. In autumn such a file shows an
    /// hour twice, which are duplicates.
    DaylightSaving,
}

impl FindingKind {
    /// Every kind, in the order of reports.
    pub(crate) const ALL: [Self; 9] = [
        Self::Duplicates,
        Self::OutOfOrder,
        Self::InvalidBars,
        Self::ZeroVolumeRuns,
        Self::FlatBars,
        Self::Outliers,
        Self::OffGrid,
        Self::ShortBars,
        Self::DaylightSaving,
    ];

    /// The name of its setting in `data.policy`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Duplicates => "duplicates",
            Self::OutOfOrder => "out_of_order",
            Self::InvalidBars => "invalid_bars",
            Self::ZeroVolumeRuns => "zero_volume_runs",
            Self::FlatBars => "flat_bars",
            Self::Outliers => "outliers",
            Self::OffGrid => "off_grid",
            Self::ShortBars => "short_bars",
            Self::DaylightSaving => "daylight_saving",
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The file, where the series comes from several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What `line` counts.
    pub unit: Unit,
    /// Number of the line or row, counted from 1.
    pub line: u64,
    /// Open time of the bar; of a run's first bar.
    pub time: Timestamp,
    /// The numbers.
    pub detail: String,
}

/// One of the files of a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The file; a file inside an archive stands in brackets behind it.
    pub path: String,
    /// Its layout.
    pub layout: Layout,
    /// How it writes times.
    pub time_format: TimeFormat,
    /// Rows of the series that were read from it, without the header.
    pub rows: u64,
}

/// What was found in the files of a series, as text by `Display`.
///
/// Counts are of rows or bars found, whether they were dropped or kept. Holes, segments and missing
/// bars are those of the series after dropping.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QualityReport {
    /// The file, directory or pattern that was asked for; the first of several.
    pub path: String,
    /// The files read, in time order.
    pub files: Vec<FileReport>,
    /// Layout of the first file.
    pub layout: Layout,
    /// How the first file writes times.
    pub time_format: TimeFormat,
    /// Symbol of the series.
    pub symbol: String,
    /// Timeframe of the series.
    pub timeframe: Timeframe,
    /// Rows that were read, without the header.
    pub rows: u64,
    /// Bars of the series.
    pub bars: u64,
    /// Open time of the first bar.
    pub first: Timestamp,
    /// Open time of the last bar.
    pub last: Timestamp,
    /// Bars missing in all holes.
    pub missing_bars: u64,
    /// The holes in time order; the longest 100 where there are more.
    pub holes: Vec<Hole>,
    /// Number of all holes.
    pub holes_total: u64,
    /// The holes that cut segments, in time order; the longest 100 where there are more.
    pub breaking_holes: Vec<Hole>,
    /// Number of segments.
    pub segments: u64,
    /// The longest hole that does not cut.
    pub max_missing_bars: u64,
    /// Rows with the time of an earlier row.
    pub duplicates: u64,
    /// Rows earlier than the row before them.
    pub out_of_order: u64,
    /// Rows that are not a bar.
    pub invalid_bars: u64,
    /// Bars without volume.
    pub zero_volume_bars: u64,
    /// Most bars without volume in a row.
    pub longest_zero_volume_run: u64,
    /// Bars of one price.
    pub flat_bars: u64,
    /// Most bars of one price in a row.
    pub longest_flat_run: u64,
    /// Outlier ticks; see [`FindingKind::Outliers`].
    pub outliers: u64,
    /// Bars off the grid.
    pub off_grid: u64,
    /// Bars that close too early or too late.
    pub short_bars: u64,
    /// Holes of an hour that clocks skip; see [`FindingKind::DaylightSaving`].
    pub daylight_saving: u64,
    /// Rows that were left out.
    pub dropped: u64,
    /// The first five findings of each kind.
    pub examples: Vec<Finding>,
}

impl QualityReport {
    /// How many findings of a kind there are.
    pub fn count(&self, kind: FindingKind) -> u64 {
        match kind {
            FindingKind::Duplicates => self.duplicates,
            FindingKind::OutOfOrder => self.out_of_order,
            FindingKind::InvalidBars => self.invalid_bars,
            FindingKind::ZeroVolumeRuns => self.zero_volume_bars,
            FindingKind::FlatBars => self.flat_bars,
            FindingKind::Outliers => self.outliers,
            FindingKind::OffGrid => self.off_grid,
            FindingKind::ShortBars => self.short_bars,
            FindingKind::DaylightSaving => self.daylight_saving,
        }
    }

    /// True when there is nothing to report: no holes and no findings.
    pub fn is_clean(&self) -> bool {
        self.holes_total == 0 && FindingKind::ALL.iter().all(|kind| self.count(*kind) == 0)
    }
}

/// Findings as they are counted.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    counts: [u64; FindingKind::ALL.len()],
    longest: [u64; FindingKind::ALL.len()],
    examples: Vec<Example>,
}

/// A finding whose file is still a number.
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) kind: FindingKind,
    pub(crate) at: At,
    pub(crate) time: Timestamp,
    pub(crate) detail: String,
}

impl Findings {
    /// Counts a finding of `length` bars in a row; `detail` is asked for while examples are wanted.
    pub(crate) fn add(
        &mut self,
        kind: FindingKind,
        length: u64,
        (at, time): (At, Timestamp),
        detail: impl FnOnce() -> String,
    ) {
        self.counts[kind as usize] += length;
        self.longest[kind as usize] = self.longest[kind as usize].max(length);
        if self.examples.iter().filter(|example| example.kind == kind).count() < EXAMPLES {
            self.examples.push(Example { kind, at, time, detail: detail() });
        }
    }

    /// How many of a kind were added.
    pub(crate) fn count(&self, kind: FindingKind) -> u64 {
        self.counts[kind as usize]
    }

    /// The longest run of a kind.
    pub(crate) fn longest(&self, kind: FindingKind) -> u64 {
        self.longest[kind as usize]
    }

    /// The examples, by kind and then by place.
    pub(crate) fn into_examples(mut self) -> Vec<Example> {
        self.examples.sort_by_key(|example| (example.kind as usize, example.at));
        self.examples
    }
}
