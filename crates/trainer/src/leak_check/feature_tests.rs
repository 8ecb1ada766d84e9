//! Tests of features: nothing at a bar may depend on what comes after it.

use anyhow::{Result, bail};
use features::{FeatureEngine, FeatureSet};
use market::BarSeries;

use super::cuts::Cuts;
use super::difference::{Difference, Reference};
use super::finding::{Change, Finding, Shown, SubjectReport, Test};
use super::futures::{self, Future};
use super::grid::FeatureGrid;
use super::subject::{FeatureSubject, Sameness};
use super::trial::Trial;

/// Bars behind an early cut, besides as many as lie before it.
const EARLY_TAIL: usize = 1000;
/// Bars of each segment that are computed bar by bar.
const STREAMED: usize = 5000;
/// Segments that are computed bar by bar.
const STREAMED_SEGMENTS: usize = 4;

/// How many times a subject will be computed.
pub(crate) fn runs(cuts: &Cuts, sameness: Sameness) -> usize {
    1 + usize::from(sameness == Sameness::Scale) + cuts.early.len() + 2 * cuts.late.len()
}

/// Runs every test; goes out with the values of the whole file.
pub(crate) fn check(subject: &dyn FeatureSubject, trial: &Trial<'_>) -> Result<(FeatureGrid, SubjectReport)> {
    let series = trial.series;
    let whole = trial.step("all bars", || subject.compute(series))?;
    let names: Vec<String> = whole.names().into_iter().map(str::to_owned).collect();
    let mut report = SubjectReport::new("features", subject.name(), names.len());
    let reference = Reference::new(whole, subject.sameness());
    if subject.sameness() == Sameness::Scale {
        let again = trial.step("again", || subject.compute(series))?;
        refuse_chance(&reference, &again, &names, series)?;
    }
    let (values, findings) = finite(&reference.grid, &names, series);
    if values == 0 {
        bail!(
            "{} has no value at any of the {} bars; use more bars than its warm-up takes",
            subject.name(),
            series.len()
        );
    }
    report.add(Test::Finite, 1, values, findings);

    let mut cut_off = Worst::new(Change::CutOff, names.len());
    for &cut in &trial.cuts.late {
        let other = trial.step("cut off", || subject.compute(&futures::truncated(series, cut)))?;
        cut_off.take(&reference, &other, cut, &names)?;
    }
    let mut replaced = Worst::new(Change::Replaced, names.len());
    let early = trial.cuts.early.iter().map(|&cut| (cut, (2 * cut + EARLY_TAIL).min(series.len())));
    let late = trial.cuts.late.iter().map(|&cut| (cut, series.len()));
    for (place, (cut, end)) in early.chain(late).enumerate() {
        let future = Future::ALL[place % Future::ALL.len()];
        let other = trial.step("other future", || {
            subject.compute(&futures::replaced(series, cut, end, future, trial.seed))
        })?;
        replaced.take(&reference, &other, cut, &names)?;
    }
    for worst in [cut_off, replaced] {
        let (runs, values) = (worst.runs, worst.values);
        report.add(worst.change.test(), runs, values, worst.findings(&reference, &names, series));
    }
    if let Some(set) = subject.streams() {
        let (runs, values, findings) = streamed(set, &reference.grid, &names, series);
        report.add(Test::BatchEqualsStream, runs, values, findings);
    }
    Ok((reference.grid, report))
}

/// The most telling difference of each column: that of the latest cut, which has most bars before it.
struct Worst {
    change: Change,
    runs: usize,
    values: u64,
    columns: Vec<Option<Found>>,
}

struct Found {
    difference: Difference,
    cut: usize,
    other: Shown,
    looks_like: String,
}

impl Worst {
    fn new(change: Change, columns: usize) -> Self {
        Self { change, runs: 0, values: 0, columns: (0..columns).map(|_| None).collect() }
    }

    fn take(
        &mut self,
        reference: &Reference,
        other: &FeatureGrid,
        cut: usize,
        names: &[String],
    ) -> Result<()> {
        if other.names() != names {
            bail!(
                "the columns are {} with all bars and {} with others; write the same columns for any bars",
                names.join(", "),
                other.names().join(", ")
            );
        }
        let compared = reference.compare(other, cut);
        self.runs += 1;
        self.values += compared.values;
        for (column, difference) in compared.columns.into_iter().enumerate() {
            let Some(difference) = difference else { continue };
            self.columns[column] = Some(Found {
                difference,
                cut,
                other: Shown::value(other.value(difference.first, column)),
                looks_like: reference.looks_like(other, column, difference, cut),
            });
        }
        Ok(())
    }

    fn findings(self, reference: &Reference, names: &[String], series: &BarSeries) -> Vec<Finding> {
        let change = self.change;
        let finding = |(column, found): (usize, Option<Found>)| {
            let Found { difference, cut, other, looks_like } = found?;
            let bar = difference.first;
            Some(Finding {
                test: change.test(),
                column: names[column].clone(),
                bar,
                open_time: series.bars()[bar].open_time.millis(),
                value: Shown::value(reference.grid.value(bar, column)),
                other,
                change: change.says(series, cut),
                bars: difference.bars,
                looks_like,
            })
        };
        self.columns.into_iter().enumerate().filter_map(finding).collect()
    }
}

/// Refuses a subject whose values are left to chance: nothing could be told from them.
fn refuse_chance(
    reference: &Reference,
    again: &FeatureGrid,
    names: &[String],
    series: &BarSeries,
) -> Result<()> {
    if again.names() != names {
        bail!("computed twice from the same bars, the columns are not the same");
    }
    let compared = reference.compare(again, series.len());
    let first = compared.columns.iter().enumerate().find_map(|(column, found)| Some((column, (*found)?)));
    let Some((column, Difference { first, .. })) = first else { return Ok(()) };
    let value = |grid: &FeatureGrid| Shown::value(grid.value(first, column)).to_string();
    bail!(
        "computed twice from the same bars, {} is {} and then {} at {}; fix the seed of whatever is random",
        names[column],
        value(&reference.grid),
        value(again),
        series.bars()[first].open_time
    )
}

/// Values that exist, and the columns with some that are no numbers.
fn finite(grid: &FeatureGrid, names: &[String], series: &BarSeries) -> (u64, Vec<Finding>) {
    let mut values = 0;
    let mut findings = Vec::new();
    for (column, name) in names.iter().enumerate() {
        let existing = (0..grid.n_bars()).filter_map(|bar| Some((bar, grid.value(bar, column)?)));
        let mut bad = existing.inspect(|_| values += 1).filter(|(_, value)| !value.is_finite());
        let Some((bar, value)) = bad.next() else { continue };
        findings.push(Finding {
            test: Test::Finite,
            column: name.clone(),
            bar,
            open_time: series.bars()[bar].open_time.millis(),
            value: Shown::value(Some(value)),
            other: Shown::Nothing,
            change: String::new(),
            bars: 1 + bad.count(),
            looks_like:
                "a division by zero or the logarithm of nothing: write an empty field where there is no value"
                    .to_owned(),
        });
    }
    (values, findings)
}

/// Computes the first bars of some segments bar by bar and compares the bits.
fn streamed(
    set: &FeatureSet,
    grid: &FeatureGrid,
    names: &[String],
    series: &BarSeries,
) -> (usize, u64, Vec<Finding>) {
    let mut found: Vec<Option<(Difference, Shown)>> = vec![None; names.len()];
    let mut values = 0;
    let segments = series.segments();
    let step = segments.len().div_ceil(STREAMED_SEGMENTS);
    let most = STREAMED.max(2 * set.schema().settled());
    let mut runs = 0;
    let references: Vec<&[f64]> = set
        .references()
        .iter()
        .filter_map(|symbol| series.references().iter().find(|reference| reference.symbol == *symbol))
        .map(|reference| reference.closes.as_slice())
        .collect();
    let mut closes = Vec::with_capacity(references.len());
    for segment in segments.iter().step_by(step) {
        let mut engine = FeatureEngine::new(set, series.gaps());
        runs += 1;
        for bar in segment.clone().take(most) {
            closes.clear();
            closes.extend(references.iter().map(|known| known[bar]));
            let row = engine.update_with(&series.bars()[bar], &closes);
            for (column, found) in found.iter_mut().enumerate() {
                let (whole, other) = (grid.value(bar, column), row.value(column));
                values += u64::from(whole.is_some());
                if whole.map(f64::to_bits) != other.map(f64::to_bits) {
                    let first = (Difference { first: bar, bars: 0 }, Shown::value(other));
                    found.get_or_insert(first).0.bars += 1;
                }
            }
        }
    }
    let finding = |(column, found): (usize, Option<(Difference, Shown)>)| {
        let (Difference { first, bars }, other) = found?;
        Some(Finding {
            test: Test::BatchEqualsStream,
            column: names[column].clone(),
            bar: first,
            open_time: series.bars()[first].open_time.millis(),
            value: Shown::value(grid.value(first, column)),
            other,
            change: "when computed bar by bar".to_owned(),
            bars,
            looks_like: "a fault of the feature itself: what is served live would not be what was trained on"
                .to_owned(),
        })
    };
    (runs, values, found.into_iter().enumerate().filter_map(finding).collect())
}
