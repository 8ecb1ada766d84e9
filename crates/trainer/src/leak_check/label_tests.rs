//! Tests of labels: each must follow from the bars up to its `until`, be unknown before, and depend on
//! what comes after its own bar.

use anyhow::Result;
use market::{BarSeries, Timestamp};

use super::cuts::Cuts;
use super::difference::bars;
use super::finding::{Change, Finding, Shown, SubjectReport, Test};
use super::futures::{self, Future};
use super::grid::LabelGrid;
use super::subject::LabelSubject;
use super::trial::Trial;

/// Fewest labels with another future that tell whether the future matters.
const FEWEST_OTHER_FUTURES: usize = 12;

/// How many times a subject will be computed.
pub(crate) fn runs(cuts: &Cuts, is_computed: bool) -> usize {
    if is_computed { 1 + (1 + Future::ALL.len()) * cuts.late.len() } else { 1 }
}

/// Runs every test that can be made; goes out with the labels of the whole file.
pub(crate) fn check(subject: &dyn LabelSubject, trial: &Trial<'_>) -> Result<(LabelGrid, SubjectReport)> {
    let series = trial.series;
    let whole = trial.step("label", || subject.compute(series))?;
    let mut report = SubjectReport::new("label", subject.name(), 1);
    if !subject.is_computed() {
        for test in [Test::Truncation, Test::GivenTooEarly, Test::FutureMutation, Test::MadeOfThePast] {
            let why = "the label stands in the file and can't be computed again on other bars";
            report.add_not_judged(test, why.to_owned());
        }
        return Ok((whole, report));
    }
    let known = Known::new(&whole, series);
    let mut cut_off = Comparison::new(&known, Change::CutOff);
    cut_off.refuse_beyond_the_file();
    for &cut in &trial.cuts.late {
        let other = trial.step("label, cut off", || subject.compute(&futures::truncated(series, cut)))?;
        cut_off.take(&other, cut);
    }
    let mut replaced = Comparison::new(&known, Change::Replaced);
    let mut dependence = Dependence::default();
    for &cut in &trial.cuts.late {
        for future in Future::ALL {
            let other = trial.step("label, other future", || {
                subject.compute(&futures::replaced(series, cut, series.len(), future, trial.seed))
            })?;
            replaced.take(&other, cut);
            dependence.take(&known, &other, cut);
        }
    }
    for comparison in [cut_off, replaced] {
        comparison.tell(&mut report);
    }
    dependence.judge(&known, &mut report);
    Ok((whole, report))
}

/// The labels of the whole file, with the positions of the last bars they need.
struct Known<'a> {
    labels: &'a LabelGrid,
    series: &'a BarSeries,
    last_needed: Vec<Option<usize>>,
}

impl<'a> Known<'a> {
    fn new(labels: &'a LabelGrid, series: &'a BarSeries) -> Self {
        Self { labels, series, last_needed: labels.last_needed(series) }
    }

    fn open_time(&self, bar: usize) -> i64 {
        self.series.bars()[bar].open_time.millis()
    }
}

/// The first bar at fault in the latest comparison that has one, and how many there are.
#[derive(Debug, Clone, Copy)]
struct Fault {
    cut: usize,
    bar: usize,
    bars: usize,
    /// Bars before the cut that have a label in either.
    existing: usize,
}

/// Labels on all bars against labels on changed bars.
struct Comparison<'a> {
    known: &'a Known<'a>,
    change: Change,
    runs: usize,
    /// Labels that should have stayed, and labels that should not have been there.
    compared: u64,
    refused: u64,
    /// A label that should have stayed as it is, with what it became.
    changed: Option<(Fault, Shown)>,
    /// A label that was given although a bar it needs was not there.
    early: Option<(Fault, Shown)>,
}

impl<'a> Comparison<'a> {
    fn new(known: &'a Known<'a>, change: Change) -> Self {
        Self { known, change, runs: 0, compared: 0, refused: 0, changed: None, early: None }
    }

    /// A label of the whole file that needs bars behind its end was given too early.
    fn refuse_beyond_the_file(&mut self) {
        let n = self.known.series.len();
        let mut early = (0..n).filter(|&bar| self.known.last_needed[bar] == Some(n));
        let Some(bar) = early.next() else { return };
        let fault = Fault { cut: n, bar, bars: 1 + early.count(), existing: n };
        self.early = Some((fault, Shown::class(self.known.labels.class(bar))));
    }

    fn take(&mut self, other: &LabelGrid, cut: usize) {
        self.runs += 1;
        let known = self.known;
        let other_last = other.last_needed(known.series);
        let mut changed: Option<Fault> = None;
        let mut early: Option<Fault> = None;
        let mut existing = 0;
        for (bar, other_last) in other_last.into_iter().enumerate().take(cut) {
            let (whole_class, other_class) = (known.labels.class(bar), other.class(bar));
            if whole_class.is_none() && other_class.is_none() {
                continue;
            }
            existing += 1;
            let fault = Fault { cut, bar, bars: 0, existing: 0 };
            let is_kept = |last: Option<usize>| last.is_some_and(|last| last < cut);
            if is_kept(known.last_needed[bar]) || (known.last_needed[bar].is_none() && is_kept(other_last)) {
                self.compared += 1;
                let until = |grid: &LabelGrid| grid.labels[bar].map(|label| label.until);
                if whole_class != other_class || until(known.labels) != until(other) {
                    changed.get_or_insert(fault).bars += 1;
                }
            } else if self.change == Change::CutOff {
                self.refused += 1;
                if other_class.is_some() {
                    early.get_or_insert(fault).bars += 1;
                }
            }
        }
        let with_class = |fault: Option<Fault>| {
            fault.map(|fault| (Fault { existing, ..fault }, Shown::class(other.class(fault.bar))))
        };
        self.changed = with_class(changed).or(self.changed.take());
        self.early = with_class(early).or(self.early.take());
    }

    /// Adds what was found to the report.
    fn tell(self, report: &mut SubjectReport) {
        let Self { known, change, runs, .. } = self;
        let finding = |test, fault: Fault, other: Shown, says: String, looks_like: String| Finding {
            test,
            column: "label".to_owned(),
            bar: fault.bar,
            open_time: known.open_time(fault.bar),
            value: Shown::class(known.labels.class(fault.bar)),
            other,
            change: says,
            bars: fault.bars,
            looks_like,
        };
        let changed = self.changed.map(|(fault, other)| {
            let says = change.says(known.series, fault.cut);
            finding(change.test(), fault, other, says, changed_looks_like(&fault))
        });
        report.add(change.test(), runs, self.compared, changed.into_iter().collect());
        if change != Change::CutOff {
            return;
        }
        let early = self.early.map(|(fault, other)| {
            let says = if fault.cut == known.series.len() {
                let until = known.labels.labels[fault.bar].map_or(Timestamp::from_millis(0), |l| l.until);
                format!("although the file ends before {until}, the last bar it needs")
            } else {
                format!("{}, among them the last one it needs", change.says(known.series, fault.cut))
            };
            finding(Test::GivenTooEarly, fault, other, says, EARLY_LOOKS_LIKE.to_owned())
        });
        report.add(Test::GivenTooEarly, runs, self.refused, early.into_iter().collect());
    }
}

const EARLY_LOOKS_LIKE: &str = "a comparison with bars that are not there yet, which gives a class instead of nothing (a missing value compares as false): leave the label empty until it is known";

fn changed_looks_like(fault: &Fault) -> String {
    if fault.cut >= 100 && fault.bars * 2 >= fault.existing {
        return "classes that are cut at thresholds taken from all bars of the file (a quantile, mean or fitted model of the whole)".to_owned();
    }
    format!(
        "a label that looks further ahead than its `until` says, by up to {}, so that purging would leave it in the training part",
        bars(fault.cut - fault.bar)
    )
}

/// Whether another future gives other labels.
#[derive(Debug, Default)]
struct Dependence {
    runs: usize,
    /// Labels with at least half of their future replaced.
    tried: usize,
    changed: usize,
    first: Option<usize>,
}

impl Dependence {
    fn take(&mut self, known: &Known<'_>, other: &LabelGrid, cut: usize) {
        self.runs += 1;
        for bar in 0..cut {
            let (Some(last), Some(class)) = (known.last_needed[bar], known.labels.class(bar)) else {
                continue;
            };
            // A label that says it needs nothing behind its own bar is judged on the bar before the cut.
            let last = last.max(bar + 1);
            if last < cut || (last + 1 - cut) * 2 < last - bar {
                continue;
            }
            let Some(other_class) = other.class(bar) else { continue };
            self.tried += 1;
            self.changed += usize::from(other_class != class);
            self.first.get_or_insert(bar);
        }
    }

    fn judge(self, known: &Known<'_>, report: &mut SubjectReport) {
        let Self { runs, tried, changed, first } = self;
        let (true, Some(bar)) = (tried >= FEWEST_OTHER_FUTURES, first) else {
            let why = format!(
                "only {tried} labels could be given another future, {FEWEST_OTHER_FUTURES} are needed"
            );
            return report.add_not_judged(Test::MadeOfThePast, why);
        };
        let finding = (changed == 0).then(|| Finding {
            test: Test::MadeOfThePast,
            column: "label".to_owned(),
            bar,
            open_time: known.open_time(bar),
            value: Shown::class(known.labels.class(bar)),
            other: Shown::class(known.labels.class(bar)),
            change: format!(
                "with every bar after it replaced by a rally, a slump and a calm; none of {} labels tried so changes",
                data::thousands(tried as u64)
            ),
            bars: tried,
            looks_like: "a label made of the past: nothing after its bar decides it, so a model that knows the past copies it and forecasts nothing".to_owned(),
        });
        report.add(Test::MadeOfThePast, runs, tried as u64, finding.into_iter().collect());
    }
}
