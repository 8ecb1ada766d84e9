//! The rows of one symbol, sifted by the policy.

use market::{Timeframe, Timestamp};

use crate::daylight_saving::{ADVICE, zone_that_repeats};
use crate::findings::{At, ReadBar, find};
use crate::quality::Findings;
use crate::rows::{Row, Times};
use crate::sequence::Planned;
use crate::{Action, FindingKind, LoadError, Place, QualityPolicy};

/// The rows of one symbol that can be bars, and what was found.
pub(crate) struct Input {
    pub(crate) symbol: String,
    pub(crate) bars: Vec<ReadBar>,
    /// The text columns asked for, with one value per bar each.
    pub(crate) extra: Vec<Vec<String>>,
    /// Rows read from each part, by its place in the sequence, whether or not they became bars.
    pub(crate) rows: Vec<(usize, u64)>,
    pub(crate) findings: Findings,
}

impl Input {
    pub(crate) fn new(symbol: &str, extra_columns: usize) -> Self {
        Self {
            symbol: symbol.to_owned(),
            bars: Vec::new(),
            extra: vec![Vec::new(); extra_columns],
            rows: Vec::new(),
            findings: Findings::default(),
        }
    }

    /// Takes the next row, which stands in part number `part` of the sequence. True when it became a bar.
    pub(crate) fn take(
        &mut self,
        row: Row,
        part: usize,
        times: Times,
        sequence: &[Planned],
        policy: QualityPolicy,
    ) -> Result<bool, LoadError> {
        match self.rows.last_mut() {
            Some((last, count)) if *last == part => *count += 1,
            _ => self.rows.push((part, 1)),
        }
        let at = At { part, line: row.line };
        let place = |at: At| sequence[at.part].part.place(at.line);
        let time = row.open_time;
        let bar = match row.bar {
            Ok(bar) => bar,
            Err(detail) if policy.invalid_bars == Action::Error => {
                return Err(LoadError::InvalidBar { at: place(at), detail });
            }
            Err(detail) => {
                self.findings.add(FindingKind::InvalidBars, 1, (at, time), || detail);
                return Ok(false);
            }
        };
        let Some(last) = self.bars.last().filter(|last| time <= last.bar.open_time) else {
            let inclusive_step = times.format.inclusive_step_millis();
            self.bars.push(ReadBar { bar, at, closes: row.closes, inclusive_step, local: times.local });
            return Ok(true);
        };
        if let Ok(index) = self.bars.binary_search_by_key(&time, |read| read.bar.open_time) {
            let (first, second) = (place(self.bars[index].at), place(at));
            let detail = already_there(&first, &second, time, times);
            if policy.duplicates == Action::Error {
                return Err(LoadError::Duplicate { at: second, detail });
            }
            self.findings.add(FindingKind::Duplicates, 1, (at, time), || detail);
        } else {
            let detail = comes_after(&place(last.at), &place(at), (time, last.bar.open_time), times);
            if policy.out_of_order == Action::Error {
                return Err(LoadError::OutOfOrder { at: place(at), detail });
            }
            self.findings.add(FindingKind::OutOfOrder, 1, (at, time), || detail);
        }
        Ok(false)
    }

    /// How many rows were read.
    pub(crate) fn row_count(&self) -> u64 {
        self.rows.iter().map(|(_, count)| count).sum()
    }

    /// Finds what a series can hold but a model should know of, and drops what the policy says.
    pub(crate) fn inspect(
        &mut self,
        sequence: &[Planned],
        policy: QualityPolicy,
        timeframe: Timeframe,
    ) -> Result<(), LoadError> {
        let mut kept = vec![true; self.bars.len()];
        for kind in FindingKind::ALL {
            let action = policy.action(kind);
            for found in find(kind, &self.bars, timeframe) {
                let first = &self.bars[found.first];
                match action {
                    Action::Error => {
                        let at = sequence[first.at.part].part.place(first.at.line);
                        return Err(LoadError::Refused { at, kind, detail: found.detail });
                    }
                    Action::Drop => kept[found.first..found.first + found.length].fill(false),
                    Action::Keep => {}
                }
                let place = (first.at, first.bar.open_time);
                self.findings.add(kind, found.length as u64, place, || found.detail);
            }
        }
        retain(&mut self.bars, &kept);
        for values in &mut self.extra {
            retain(values, &kept);
        }
        Ok(())
    }
}

fn already_there(first: &Place, second: &Place, time: Timestamp, times: Times) -> String {
    format!("{} already has a bar at {time}{}", first.beside(second), repeated_hour(time, times))
}

fn comes_after(
    last: &Place,
    second: &Place,
    (time, previous): (Timestamp, Timestamp),
    times: Times,
) -> String {
    let whose = if last.origin == second.origin { String::new() } else { format!(" of {last}") };
    format!("{time} comes after {previous}{whose}{}", repeated_hour(time, times))
}

/// A remark where the time is of the hour that clocks repeat in autumn.
fn repeated_hour(time: Timestamp, times: Times) -> String {
    match zone_that_repeats(time).filter(|_| times.local) {
        Some(zone) => format!(" (in the hour that clocks repeat in {zone}: {ADVICE})"),
        None => String::new(),
    }
}

fn retain<T>(values: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    values.retain(|_| kept.next().is_some_and(|keep| *keep));
}
