//! The quality report as text for a terminal.

use std::fmt;

use crate::report::longest;
use crate::thousands::thousands;
use crate::{FindingKind, QualityReport};

/// Holes that the text shows; where there are more, those that cut come first.
const SHOWN_HOLES: usize = 10;
/// Files that the text shows.
const SHOWN_FILES: usize = 12;

impl fmt::Display for QualityReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.path)?;
        line(f, "series", &format!("{} {}", self.symbol, self.timeframe))?;
        self.write_files(f)?;
        line(f, "first bar", &self.first.to_string())?;
        line(f, "last bar", &self.last.to_string())?;
        line(f, "rows read", &thousands(self.rows))?;
        line(
            f,
            "bars used",
            &format!("{} ({} rows dropped)", thousands(self.bars), thousands(self.dropped)),
        )?;
        line(
            f,
            "segments",
            &format!(
                "{} (a hole of more than {} bars starts a new one)",
                thousands(self.segments),
                thousands(self.max_missing_bars)
            ),
        )?;
        if self.is_clean() {
            return line(f, "findings", "none: no holes, duplicates, disorder, invalid or unusual bars");
        }
        self.write_holes(f)?;
        FindingKind::ALL.into_iter().try_for_each(|kind| self.write_findings(f, kind))
    }
}

impl QualityReport {
    /// The layout; of several files also their names and rows.
    fn write_files(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = |layout, format| format!("{layout}, times in {format}");
        let whole = layout(self.layout, self.time_format);
        if self.files.len() < 2 {
            return line(f, "layout", &whole);
        }
        let same = self.files.iter().all(|file| layout(file.layout, file.time_format) == whole);
        line(f, "layout", if same { &whole } else { "different ones, see the files" })?;
        line(f, "files", &thousands(self.files.len() as u64))?;
        for file in self.files.iter().take(SHOWN_FILES) {
            write!(f, "    {}: {} rows", file.path, thousands(file.rows))?;
            let own =
                if same { String::new() } else { format!(", {}", layout(file.layout, file.time_format)) };
            writeln!(f, "{own}")?;
        }
        match self.files.len().saturating_sub(SHOWN_FILES) {
            0 => Ok(()),
            more => writeln!(f, "    and {more} more"),
        }
    }

    fn write_holes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.holes_total == 0 {
            return Ok(());
        }
        let holes = if self.holes_total == 1 { "hole" } else { "holes" };
        let missing = format!("{} in {} {holes}", thousands(self.missing_bars), thousands(self.holes_total));
        line(f, "missing bars", &missing)?;
        let all_fit = self.holes.len() <= SHOWN_HOLES;
        let candidates =
            if all_fit || self.breaking_holes.is_empty() { &self.holes } else { &self.breaking_holes };
        let shown = longest(candidates.clone(), SHOWN_HOLES);
        for hole in &shown {
            let cuts = if hole.missing_bars > self.max_missing_bars { ", cuts the series" } else { "" };
            let (after, before, missing) = (hole.after, hole.before, thousands(hole.missing_bars));
            writeln!(f, "    {after} to {before}: {missing} missing{cuts}")?;
        }
        match self.holes_total - shown.len() as u64 {
            0 => Ok(()),
            more => writeln!(f, "    and {} shorter or equal ones", thousands(more)),
        }
    }

    fn write_findings(&self, f: &mut fmt::Formatter<'_>, kind: FindingKind) -> fmt::Result {
        let count = self.count(kind);
        if count == 0 {
            return Ok(());
        }
        let examples: Vec<_> = self.examples.iter().filter(|example| example.kind == kind).collect();
        let (name, run) = match kind {
            FindingKind::Duplicates => ("duplicate times", 0),
            FindingKind::OutOfOrder => ("out of order", 0),
            FindingKind::InvalidBars => ("invalid bars", 0),
            FindingKind::ZeroVolumeRuns => ("zero volume", self.longest_zero_volume_run),
            FindingKind::FlatBars => ("flat bars", self.longest_flat_run),
            FindingKind::Outliers => ("outliers", 0),
            FindingKind::OffGrid => ("off the grid", 0),
            FindingKind::ShortBars => ("short bars", 0),
            FindingKind::DaylightSaving => ("skipped hours", 0),
        };
        let run = if run > 1 { format!(" (up to {} in a row)", thousands(run)) } else { String::new() };
        line(f, name, &format!("{}{run}", thousands(count)))?;
        for example in &examples {
            let file = example.file.as_ref().map(|file| format!("{file} ")).unwrap_or_default();
            let (unit, number) = (example.unit, example.line);
            writeln!(f, "    {file}{unit} {number}, {}: {}", example.time, example.detail)?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    writeln!(f, "  {name:<17}{value}")
}
