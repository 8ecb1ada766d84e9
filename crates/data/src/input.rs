//! The rows of a file, sifted by the policy.

use market::Timeframe;

use crate::findings::{ReadBar, find};
use crate::quality::Findings;
use crate::rows::{Row, RowReader};
use crate::{Action, FindingKind, LoadError, LoadOptions, QualityPolicy, TimeFormat};

/// The rows that can be bars, and what was found.
pub(crate) struct Input {
    pub(crate) bars: Vec<ReadBar>,
    /// The text columns asked for, with one value per bar each.
    pub(crate) extra: Vec<Vec<String>>,
    /// Rows read, whether or not they became bars.
    pub(crate) rows: u64,
    pub(crate) findings: Findings,
}

impl Input {
    /// Reads a file to its end.
    pub(crate) fn read(reader: &mut RowReader, options: &LoadOptions) -> Result<Self, LoadError> {
        let extra = vec![Vec::new(); options.extra_columns.len()];
        let mut input = Self { bars: Vec::new(), extra, rows: 0, findings: Findings::default() };
        while let Some(row) = reader.next_row()? {
            input.rows += 1;
            if let Some(read) = input.usable(reader, row, options.policy)? {
                input.bars.push(read);
                for (values, value) in input.extra.iter_mut().zip(reader.extra()) {
                    values.push(value.to_owned());
                }
            }
        }
        Ok(input)
    }

    /// The bar of a row, or `None` where the policy drops it.
    fn usable(
        &mut self,
        reader: &RowReader,
        row: Row,
        policy: QualityPolicy,
    ) -> Result<Option<ReadBar>, LoadError> {
        let Row { line, open_time: time, bar, closes } = row;
        let bar = match bar {
            Ok(bar) => bar,
            Err(detail) if policy.invalid_bars == Action::Error => {
                return Err(LoadError::InvalidBar { at: reader.place(line), detail });
            }
            Err(detail) => {
                self.findings.add(FindingKind::InvalidBars, 1, (line, time), || detail);
                return Ok(None);
            }
        };
        let Some(last) = self.bars.last().filter(|last| time <= last.bar.open_time) else {
            return Ok(Some(ReadBar { bar, line, closes }));
        };
        if let Ok(index) = self.bars.binary_search_by_key(&time, |read| read.bar.open_time) {
            let first_line = self.bars[index].line;
            if policy.duplicates == Action::Error {
                return Err(LoadError::Duplicate { at: reader.place(line), time, first_line });
            }
            let detail = || format!("line {first_line} already has a bar at {time}");
            self.findings.add(FindingKind::Duplicates, 1, (line, time), detail);
        } else {
            let previous = last.bar.open_time;
            if policy.out_of_order == Action::Error {
                return Err(LoadError::OutOfOrder { at: reader.place(line), time, previous });
            }
            self.findings
                .add(FindingKind::OutOfOrder, 1, (line, time), || format!("{time} comes after {previous}"));
        }
        Ok(None)
    }

    /// Finds what a series can hold but a model should know of, and drops what the policy says.
    pub(crate) fn inspect(
        &mut self,
        reader: &RowReader,
        policy: QualityPolicy,
        timeframe: Timeframe,
        format: TimeFormat,
    ) -> Result<(), LoadError> {
        let mut kept = vec![true; self.bars.len()];
        for kind in FindingKind::ALL {
            let action = policy.action(kind);
            for found in find(kind, &self.bars, timeframe, format) {
                match action {
                    Action::Error => {
                        let at = reader.place(self.bars[found.first].line);
                        return Err(LoadError::Refused { at, kind, detail: found.detail });
                    }
                    Action::Drop => kept[found.first..found.first + found.length].fill(false),
                    Action::Keep => {}
                }
                found.count(kind, &self.bars, &mut self.findings);
            }
        }
        retain(&mut self.bars, &kept);
        for values in &mut self.extra {
            retain(values, &kept);
        }
        Ok(())
    }
}

fn retain<T>(values: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    values.retain(|_| kept.next().is_some_and(|keep| *keep));
}
