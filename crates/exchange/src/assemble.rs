//! One file of bars from verified parts.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use durable::{StagedFile, sha256_file, sha256_hex};
use flate2::Compression;
use flate2::write::GzEncoder;
use market::Timestamp;

use crate::kline::COLUMNS;
use crate::kline_file::KlineFile;
use crate::manifest::{Assembled, Folders, Part, Source, stands};
use crate::period::day_of;
use crate::{FetchError, Interval, Period};

/// The range of bars that a file is to hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    pub(crate) start: Timestamp,
    /// Its end, or the end of the last closed bar.
    pub(crate) end: Timestamp,
    pub(crate) interval: Interval,
}

impl Range {
    /// What the file is made of, as a hash: the same recipe gives the same bytes.
    pub(crate) fn recipe(&self, parts: &[Part]) -> String {
        let mut text = format!("1 {} {}\n", self.start.millis(), self.end.millis());
        for part in parts {
            writeln!(text, "{} {}", part.period, part.sha256).expect("writing to a string");
        }
        sha256_hex(text.as_bytes())
    }

    /// Writes the rows of the range as CSV.gz in Binance's layout with a header; none when there are no rows.
    ///
    /// The gzip header holds neither time nor name, so the same parts give the same bytes.
    pub(crate) fn assemble(
        &self,
        folders: &Folders,
        parts: &[Part],
    ) -> Result<Option<Assembled>, FetchError> {
        let written = |error| FetchError::file("write", &folders.bars)(error);
        let staged = StagedFile::create(&folders.bars)?;
        let mut gzip = GzEncoder::new(std::io::BufWriter::new(staged), Compression::default());
        writeln!(gzip, "{}", COLUMNS.join(",")).map_err(written)?;
        let mut seen = Seen::new(*self);
        for part in parts {
            let path = folders.parts.join(&part.file);
            kline_file(&path, part, &path.display().to_string()).read(|kline| {
                if kline.open_time < self.start || kline.open_time >= self.end {
                    return Ok(());
                }
                seen.bar(kline.open_time);
                gzip.write_all(kline.line().as_bytes()).map_err(written)
            })?;
        }
        let staged =
            gzip.finish().map_err(written)?.into_inner().map_err(|error| written(error.into_error()))?;
        let Some((first, last)) = seen.first.zip(seen.last) else { return Ok(None) };
        let sha256 = sha256_file(staged.path())?;
        let bytes = std::fs::metadata(staged.path()).map_err(written)?.len();
        staged.publish()?;
        let (missing_bars, days_without_bars) = seen.finish();
        let (recipe, bars) = (self.recipe(parts), seen.bars);
        Ok(Some(Assembled { recipe, bytes, sha256, bars, first, last, missing_bars, days_without_bars }))
    }

    /// True when the file that was made before is there and would come out the same.
    pub(crate) fn is_done(
        &self,
        folders: &Folders,
        parts: &[Part],
        before: &Assembled,
    ) -> Result<bool, FetchError> {
        Ok(before.recipe == self.recipe(parts) && stands(&folders.bars, before.bytes, &before.sha256)?)
    }
}

/// A part's file, with `origin` for errors.
pub(crate) fn kline_file<'a>(path: &'a Path, part: &'a Part, origin: &'a str) -> KlineFile<'a> {
    let member = match part.source {
        Source::Archive => Some(part.file.replace(".zip", ".csv")),
        Source::Rest => None,
    };
    KlineFile { path, member, period: part.period, origin }
}

/// What the rows of a range are, and what is missing.
struct Seen {
    range: Range,
    bars: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    missing: i64,
    next_day: chrono::NaiveDate,
    days_without_bars: Vec<Period>,
}

impl Seen {
    fn new(range: Range) -> Self {
        let next_day = day_of(range.start);
        Self { range, bars: 0, first: None, last: None, missing: 0, next_day, days_without_bars: Vec::new() }
    }

    fn bar(&mut self, time: Timestamp) {
        if let Some(last) = self.last {
            self.missing += (time.millis() - last.millis()) / self.range.interval.millis() - 1;
        }
        self.days_until(day_of(time));
        self.next_day = Period::Day(day_of(time)).next_day();
        self.first.get_or_insert(time);
        self.last = Some(time);
        self.bars += 1;
    }

    /// Every day from the next expected one up to and without `end` has no bar.
    fn days_until(&mut self, end: chrono::NaiveDate) {
        while self.next_day < end {
            self.days_without_bars.push(Period::Day(self.next_day));
            self.next_day = Period::Day(self.next_day).next_day();
        }
    }

    fn finish(&mut self) -> (u64, Vec<Period>) {
        let end = self.range.end;
        // The day under way may still get its first bar.
        self.days_until(day_of(end));
        let tail =
            self.last.map_or(0, |last| (end.millis() - last.millis()) / self.range.interval.millis() - 1);
        ((self.missing + tail).max(0).unsigned_abs(), std::mem::take(&mut self.days_without_bars))
    }
}
