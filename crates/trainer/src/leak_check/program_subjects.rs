//! A program's table as features or labels.

use anyhow::{Context, Result, bail};
use csv::StringRecord;
use market::{BarSeries, Timestamp};

use super::grid::{FeatureColumns, FeatureGrid, GivenLabel, LabelGrid};
use super::program::Program;
use super::subject::{FeatureSubject, LabelSubject, Sameness};

/// The first column of every table.
const TIME: &str = "open_time";
/// Class names.
const LABEL: &str = "label";
/// Open time of the last bar a label needs.
const UNTIL: &str = "label_until";

/// Features of `--features-command`.
pub(crate) struct ProgramFeatures {
    pub(crate) program: Program,
}

/// Labels of `--label-command`.
pub(crate) struct ProgramLabel {
    pub(crate) program: Program,
    /// Bars that a label needs, for tables without the column `label_until`.
    pub(crate) horizon: Option<usize>,
}

impl FeatureSubject for ProgramFeatures {
    fn name(&self) -> String {
        format!("`{}`", self.program.command)
    }

    fn sameness(&self) -> Sameness {
        Sameness::Scale
    }

    fn compute(&self, series: &BarSeries) -> Result<FeatureGrid> {
        let table = Table::read(&self.program, series)?;
        let mut values = vec![Vec::with_capacity(series.len()); table.names.len()];
        for row in &table.rows {
            for ((values, text), name) in values.iter_mut().zip(row.cells()).zip(&table.names) {
                values.push(number(text).with_context(|| {
                    format!("line {} of what it wrote: {name} is `{text}`, which is no number", row.line)
                })?);
            }
        }
        Ok(FeatureGrid::Columns(FeatureColumns { names: table.names, values }))
    }
}

impl LabelSubject for ProgramLabel {
    fn name(&self) -> String {
        format!("`{}`", self.program.command)
    }

    fn compute(&self, series: &BarSeries) -> Result<LabelGrid> {
        let table = Table::read(&self.program, series)?;
        let position = |name: &str| table.names.iter().position(|known| known == name);
        let Some(class_at) = position(LABEL) else {
            bail!("the program writes no column `{LABEL}`; write open_time,{LABEL},{UNTIL}");
        };
        let until_at = position(UNTIL);
        let mut classes: Vec<String> = Vec::new();
        let mut labels = Vec::with_capacity(series.len());
        for (bar, row) in table.rows.iter().enumerate() {
            let name = row.cell(class_at);
            if name.is_empty() {
                labels.push(None);
                continue;
            }
            let class = classes.iter().position(|known| known == name).unwrap_or_else(|| {
                classes.push(name.to_owned());
                classes.len() - 1
            });
            let until = match (until_at, self.horizon) {
                (Some(at), _) => data::parse_time(row.cell(at)).with_context(|| {
                    format!(
                        "line {} of what it wrote: {UNTIL} is `{}`, which is no time",
                        row.line,
                        row.cell(at)
                    )
                })?,
                (None, Some(horizon)) => bars_ahead(series, bar, horizon),
                (None, None) => bail!(
                    "the program writes no column `{UNTIL}`; write it (the open time of the last bar that each label needs), or say with --horizon how many bars the labels look ahead"
                ),
            };
            labels.push(Some(GivenLabel { class, until }));
        }
        if classes.len() > usize::from(u8::MAX) {
            bail!("the column `{LABEL}` holds {} different classes, at most 255 make sense", classes.len());
        }
        Ok(LabelGrid { classes, labels })
    }
}

/// Open time of the bar `horizon` bars ahead, in or beyond the file.
fn bars_ahead(series: &BarSeries, bar: usize, horizon: usize) -> Timestamp {
    let bars = series.bars();
    let last = bars.len() - 1;
    let inside = (bar + horizon).min(last);
    bars[inside].open_time.plus_bars((bar + horizon - inside) as i64, series.timeframe())
}

/// A table with one row for each bar.
struct Table {
    /// Columns besides the time.
    names: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    line: u64,
    record: StringRecord,
}

impl Row {
    /// Column `index` besides the time.
    fn cell(&self, index: usize) -> &str {
        self.record.get(index + 1).unwrap_or_default()
    }

    fn cells(&self) -> impl Iterator<Item = &str> {
        self.record.iter().skip(1)
    }
}

impl Table {
    fn read(program: &Program, series: &BarSeries) -> Result<Self> {
        let bytes = program.run(series)?;
        Self::parse(&bytes, series).with_context(|| format!("can't use what `{}` wrote", program.command))
    }

    fn parse(bytes: &[u8], series: &BarSeries) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let header = reader.headers()?.clone();
        if header.get(0) != Some(TIME) || header.len() < 2 {
            let found = header.iter().collect::<Vec<_>>().join(",");
            bail!("line 1 is `{found}`; write a header with {TIME} and then the columns");
        }
        let names: Vec<String> = header.iter().skip(1).map(str::to_owned).collect();
        if let Some(twice) = names.iter().enumerate().find(|(place, name)| names[..*place].contains(name)) {
            bail!("the column `{}` is there twice", twice.1);
        }
        let mut rows = Vec::with_capacity(series.len());
        for record in reader.into_records() {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            let Some(bar) = series.bars().get(rows.len()) else {
                bail!(
                    "there are more rows than the {} bars it was given; write one row for each bar",
                    series.len()
                );
            };
            let time = record.get(0).unwrap_or_default();
            if data::parse_time(time) != Some(bar.open_time) {
                bail!(
                    "line {line} is of `{time}`, expected is {}; write one row for each bar, in order, with its open_time as it was given, and empty fields where there is no value",
                    bar.open_time.millis()
                );
            }
            rows.push(Row { line, record });
        }
        if rows.len() < series.len() {
            bail!(
                "there are {} rows for {} bars; write one row for each bar, with empty fields where there is no value",
                rows.len(),
                series.len()
            );
        }
        Ok(Self { names, rows })
    }
}

/// A number or nothing; what is neither is a fault of the program.
fn number(text: &str) -> Result<Option<f64>> {
    match text {
        "" => Ok(None),
        "True" | "true" => Ok(Some(1.0)),
        "False" | "false" => Ok(Some(0.0)),
        text => Ok(Some(text.parse()?)),
    }
}
