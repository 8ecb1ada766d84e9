//! Files of klines: the exchange's zip archives, and days of REST rows.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use market::Timestamp;
use zip::ZipArchive;

use crate::kline::{COLUMNS, Kline};
use crate::{FetchError, Period};

/// Text that one archive may expand to; a month of one-second bars is a sixth of it.
const LONGEST_TEXT: u64 = 3 << 30;

/// A part of the downloaded bars on disk.
#[derive(Debug, Clone)]
pub(crate) struct KlineFile<'a> {
    pub(crate) path: &'a Path,
    /// Name of the file in the zip archive; none for plain CSV.
    pub(crate) member: Option<String>,
    pub(crate) period: Period,
    /// What errors call it: its address, or its path.
    pub(crate) origin: &'a str,
}

impl KlineFile<'_> {
    /// Gives each row to `take`, having checked that rows are complete, lie in the period and are in order
    /// of time. Returns how many there are.
    pub(crate) fn read(
        &self,
        take: impl FnMut(&Kline<'_>) -> Result<(), FetchError>,
    ) -> Result<u64, FetchError> {
        let opened = File::open(self.path).map_err(|error| self.fault(None, &error.to_string()))?;
        let file = BufReader::with_capacity(1 << 16, opened);
        let Some(member) = &self.member else { return self.rows(file, take) };
        let unreadable = |error: &dyn std::fmt::Display| {
            self.fault(None, &format!("it is no zip archive that can be read ({error})"))
        };
        let mut archive = ZipArchive::new(file).map_err(|error| unreadable(&error))?;
        let names: Vec<String> = archive
            .file_names()
            .map(|name| name.map(Cow::into_owned))
            .collect::<Result<_, _>>()
            .map_err(|error| unreadable(&error))?;
        if names != [member.as_str()] {
            return Err(
                self.fault(None, &format!("it should hold {member} alone, and holds {}", listed(&names)))
            );
        }
        let text = archive.by_index(0).map_err(|error| unreadable(&error))?;
        if text.size() > LONGEST_TEXT {
            return Err(self.fault(None, &format!("it would expand to {} bytes", text.size())));
        }
        self.rows(text.take(LONGEST_TEXT), take)
    }

    fn rows(
        &self,
        text: impl Read,
        mut take: impl FnMut(&Kline<'_>) -> Result<(), FetchError>,
    ) -> Result<u64, FetchError> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        let mut record = csv::StringRecord::new();
        let mut last: Option<Timestamp> = None;
        let mut count = 0;
        loop {
            let line = reader.position().line();
            let more = reader
                .read_record(&mut record)
                .map_err(|error| self.fault(Some(line), &error.to_string()))?;
            if !more {
                return Ok(count);
            }
            // Futures files have a header since 2022.
            if count == 0 && last.is_none() && record.get(0) == Some(COLUMNS[0]) && line == 1 {
                continue;
            }
            let fields: Vec<&str> = record.iter().collect();
            let kline = Kline::parse(&fields).map_err(|problem| self.fault(Some(line), &problem))?;
            let time = kline.open_time;
            if time < self.period.start() || time >= self.period.end() {
                return Err(self.fault(Some(line), &format!("{time} does not lie in {}", self.period)));
            }
            if let Some(last) = last.filter(|last| *last >= time) {
                return Err(self
                    .fault(Some(line), &format!("{time} comes after {last}, so the rows are not in order")));
            }
            take(&kline)?;
            last = Some(time);
            count += 1;
        }
    }

    fn fault(&self, line: Option<u64>, problem: &str) -> FetchError {
        let line = line.map_or(String::new(), |line| format!(", line {line}"));
        FetchError::Content { origin: format!("{}{line}", self.origin), problem: problem.to_owned() }
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [first, rest @ ..] if rest.len() > 2 => format!("{first} and {} more", rest.len()),
        some => some.join(", "),
    }
}
