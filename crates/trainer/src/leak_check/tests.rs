//! The faults that everybody makes are found and named; honest code passes.

use anyhow::Result;
use features::{FeatureSet, FeatureSpec, FeatureTable};
use labels::{Definition, LabelKind, LabelSpec};
use market::{Bar, BarSeries, GapPolicy, Reference, Seed, Timeframe};
use synthetic::Preset;

use super::cuts::Cuts;
use super::finding::{Finding, Shown, SubjectReport, Tally, Test};
use super::grid::{FeatureColumns, FeatureGrid, GivenLabel, LabelGrid};
use super::past::{Past, PastColumn};
use super::subject::{FeatureSubject, LabelSubject, OwnFeatures, OwnLabel, Sameness};
use super::trial::Trial;
use super::{equality, feature_tests, label_tests};
use crate::progress::Progress;

const BARS: usize = 3000;
const SEED: Seed = Seed(7);

fn market() -> BarSeries {
    let parameters =
        Preset::ALL.into_iter().find(|preset| preset.name() == "realistic").unwrap().parameters();
    synthetic::generate(&parameters, BARS, Timeframe::HOUR, Seed(11)).series
}

/// One column made by a function of the closes.
struct Closes<F: Fn(&[f64]) -> Vec<Option<f64>>>(F);

impl<F: Fn(&[f64]) -> Vec<Option<f64>>> FeatureSubject for Closes<F> {
    fn name(&self) -> String {
        "closes".to_owned()
    }

    fn sameness(&self) -> Sameness {
        Sameness::Scale
    }

    fn compute(&self, series: &BarSeries) -> Result<FeatureGrid> {
        let values = vec![(self.0)(&series.closes())];
        Ok(FeatureGrid::Columns(FeatureColumns { names: vec!["mine".to_owned()], values }))
    }
}

/// Classes made by a function of the closes, said to need `horizon` bars.
struct ClosesLabel<F: Fn(&[f64]) -> Vec<Option<usize>>> {
    horizon: usize,
    classes: F,
    is_computed: bool,
}

impl<F: Fn(&[f64]) -> Vec<Option<usize>>> LabelSubject for ClosesLabel<F> {
    fn name(&self) -> String {
        "closes".to_owned()
    }

    fn compute(&self, series: &BarSeries) -> Result<LabelGrid> {
        let classes = (self.classes)(&series.closes());
        let label = |(bar, class): (usize, Option<usize>)| {
            let time = series.bars()[bar].open_time.plus_bars(self.horizon as i64, series.timeframe());
            class.map(|class| GivenLabel { class, until: time })
        };
        let labels = classes.into_iter().enumerate().map(label).collect();
        Ok(LabelGrid { classes: ["down", "flat", "up"].map(str::to_owned).to_vec(), labels })
    }

    fn is_computed(&self) -> bool {
        self.is_computed
    }
}

fn on<T>(series: &BarSeries, work: impl FnOnce(&Trial<'_>) -> T) -> T {
    let progress = Progress::new(true);
    let stage = progress.stage("leak check", 1);
    work(&Trial::new(series, Cuts::choose(series, 6, SEED), SEED, &stage))
}

fn features(subject: &dyn FeatureSubject, series: &BarSeries) -> SubjectReport {
    on(series, |trial| feature_tests::check(subject, trial)).unwrap().1
}

fn label(subject: &dyn LabelSubject, horizon: usize, series: &BarSeries) -> SubjectReport {
    let (grid, mut report) = on(series, |trial| label_tests::check(subject, trial)).unwrap();
    let set = FeatureSet::resolve(&spec(&["extended"]), series.timeframe()).unwrap();
    let table = FeatureGrid::Table(FeatureTable::compute(&set, series, |_| {}));
    let past = Past::new(series, horizon, &[series.timeframe().regime_window()]);
    equality::check(&grid, &[&table], series, &past, &mut report);
    report
}

fn spec(sets: &[&str]) -> FeatureSpec {
    FeatureSpec { sets: sets.iter().map(|&set| set.to_owned()).collect(), ..FeatureSpec::default() }
}

fn found(report: &SubjectReport, test: Test) -> Option<&Finding> {
    report.findings.iter().find(|finding| finding.test == test)
}

/// Both tests of the past find the fault and say what it looks like.
fn assert_found(report: &SubjectReport, looks_like: &str) {
    let of = [Test::Truncation, Test::FutureMutation].map(|test| found(report, test));
    let said: Vec<&Finding> = of.into_iter().flatten().collect();
    assert!(!said.is_empty(), "nothing found: {:?}", report.tests);
    for finding in said {
        assert_eq!(finding.column, "mine");
        assert!(finding.looks_like.contains(looks_like), "{}", finding.sentence());
        assert!(!finding.sentence().contains('\n'));
    }
}

/// The mean of the closes from `back` bars before to `ahead` bars after each bar.
fn mean_around(closes: &[f64], back: usize, ahead: usize) -> Vec<Option<f64>> {
    let mean = |bar: usize| {
        let window = closes.get(bar.checked_sub(back)?..=bar + ahead)?;
        Some(window.iter().sum::<f64>() / window.len() as f64)
    };
    (0..closes.len()).map(mean).collect()
}

#[test]
fn a_trailing_mean_passes() {
    let report = features(&Closes(|closes| mean_around(closes, 20, 0)), &market());
    assert_eq!(report.findings, []);
    let compared: Vec<u64> = report.tests.iter().map(|tally| tally.compared).collect();
    assert!(compared.iter().all(|count| *count > 1000), "{:?}", report.tests);
}

#[test]
fn a_centred_moving_average_is_found() {
    let report = features(&Closes(|closes| mean_around(closes, 10, 10)), &market());
    assert_found(&report, "looks at least 10 bars ahead");
    let cut_off = found(&report, Test::Truncation).unwrap();
    assert_eq!((cut_off.bars, &cut_off.other), (10, &Shown::Nothing));
}

#[test]
fn one_bar_ahead_is_found() {
    assert_found(&features(&Closes(|closes| mean_around(closes, 0, 1)), &market()), "at least one bar ahead");
}

#[test]
fn a_column_normalised_over_the_whole_file_is_found() {
    let standardised = |closes: &[f64]| {
        let mean = closes.iter().sum::<f64>() / closes.len() as f64;
        let variance = closes.iter().map(|close| (close - mean).powi(2)).sum::<f64>() / closes.len() as f64;
        closes.iter().map(|close| Some((close - mean) / variance.sqrt())).collect()
    };
    let report = features(&Closes(standardised), &market());
    assert_found(&report, "all bars of the file");
    assert!(found(&report, Test::Truncation).is_some() && found(&report, Test::FutureMutation).is_some());
}

#[test]
fn a_minimum_of_the_whole_file_is_found() {
    let scaled = |closes: &[f64]| {
        let lowest = closes.iter().copied().fold(f64::INFINITY, f64::min);
        closes.iter().map(|close| Some(close / lowest)).collect()
    };
    assert_found(&features(&Closes(scaled), &market()), "all bars of the file");
}

#[test]
fn a_back_filled_warm_up_is_found() {
    for back in [3, 20, 150] {
        let filled = move |closes: &[f64]| {
            let mut values = mean_around(closes, back, 0);
            let first = values.get(back).copied().flatten();
            values.iter_mut().take(back).for_each(|value| *value = first);
            values
        };
        assert_found(&features(&Closes(filled), &market()), "back-fill");
    }
}

/// The close by the volume, where there is volume; elsewhere the next one.
struct VolumePrice;

impl FeatureSubject for VolumePrice {
    fn name(&self) -> String {
        "volume".to_owned()
    }

    fn sameness(&self) -> Sameness {
        Sameness::Scale
    }

    fn compute(&self, series: &BarSeries) -> Result<FeatureGrid> {
        let mut values: Vec<Option<f64>> =
            series.bars().iter().map(|bar| (bar.volume > 0.0).then(|| bar.close / bar.volume)).collect();
        for bar in (0..values.len().saturating_sub(1)).rev() {
            values[bar] = values[bar].or(values[bar + 1]);
        }
        Ok(FeatureGrid::Columns(FeatureColumns { names: vec!["mine".to_owned()], values: vec![values] }))
    }
}

/// A hole in the values, such as of a bar without volume, that takes the next value.
#[test]
fn a_back_filled_hole_is_found() {
    let series = market();
    let mut bars = series.bars().to_vec();
    for bar in bars.iter_mut().skip(1000).step_by(400) {
        *bar = Bar { open: bar.close, high: bar.close, low: bar.close, volume: 0.0, ..*bar };
    }
    let series = BarSeries::new("X", Timeframe::HOUR, GapPolicy::CONTINUOUS, bars).unwrap();
    assert_found(&features(&VolumePrice, &series), "back-fill");
}

/// Held between strides, but computed from the stride's end.
#[test]
fn a_stride_that_reaches_ahead_is_found() {
    for stride in [2, 12, 48] {
        let held = move |closes: &[f64]| {
            let end = |bar: usize| closes.get(bar - bar % stride + stride - 1).copied();
            (0..closes.len()).map(end).collect()
        };
        let report = features(&Closes(held), &market());
        assert!(found(&report, Test::FutureMutation).is_some(), "{stride}: {:?}", report.tests);
    }
}

#[test]
fn values_that_are_no_numbers_are_found() {
    let ratio = |closes: &[f64]| {
        (0..closes.len()).map(|bar| Some(if bar == 1234 { f64::INFINITY } else { closes[bar] })).collect()
    };
    let report = features(&Closes(ratio), &market());
    let finding = found(&report, Test::Finite).unwrap();
    assert_eq!((finding.bar, finding.bars, &finding.value), (1234, 1, &Shown::Text("inf".to_owned())));
}

#[test]
fn values_left_to_chance_are_refused() {
    let calls = std::cell::Cell::new(0.0);
    let random = |closes: &[f64]| {
        calls.set(calls.get() + 1.0);
        closes.iter().map(|close| Some(close * calls.get())).collect()
    };
    let error = on(&market(), |trial| feature_tests::check(&Closes(random), trial)).unwrap_err();
    assert!(error.to_string().contains("computed twice"), "{error}");
}

/// The market with taker volume, number of trades and another symbol beside it.
fn complete_market() -> BarSeries {
    let series = market();
    let with = |bar: &Bar| Bar {
        trades: Some(1 + bar.volume as u64),
        taker_buy_volume: Some(bar.volume * if bar.close > bar.open { 0.6 } else { 0.45 }),
        ..*bar
    };
    let bars = series.bars().iter().map(with).collect();
    let closes = series.bars().iter().map(|bar| (bar.open * bar.close).sqrt()).collect();
    let other = Reference { symbol: "OTHER".to_owned(), closes };
    let complete = BarSeries::new("X", Timeframe::HOUR, GapPolicy::CONTINUOUS, bars).unwrap();
    complete.carrying(vec![other]).unwrap()
}

#[test]
fn every_set_of_the_program_passes() {
    let series = complete_market();
    for name in features::set_names().chain(["seed43@4h"]) {
        let spec = FeatureSpec { window_bars: 60, references: vec!["OTHER".to_owned()], ..spec(&[name]) };
        let set = FeatureSet::resolve(&spec, series.timeframe()).unwrap();
        let report = features(&OwnFeatures { set }, &series);
        assert_eq!(report.findings, [], "{name}");
        assert!(report.tests.iter().any(|tally| tally.test == Test::BatchEqualsStream));
        assert!(report.tests.iter().all(|tally| tally.compared > 1000), "{name}: {:?}", report.tests);
    }
}

#[test]
fn every_label_of_the_program_passes() {
    let series = market();
    for kind in LabelKind::ALL.into_iter().filter(|kind| *kind != LabelKind::Provided) {
        // What a slow state does in one bar is decided already, which the check rightly says.
        let is_slow = matches!(kind, LabelKind::SmoothedTrend | LabelKind::Jump);
        let horizons = if is_slow { &[12][..] } else { &[1, 12] };
        for &horizon in horizons {
            let spec = LabelSpec { kind, horizon, jump_penalty: 10.0, ..LabelSpec::default() };
            let definition = Definition::new(&spec, None).unwrap();
            let fitted_on = definition.is_fitted_on_data().then_some(BARS / 2);
            let labeller = definition.fit(&series, fitted_on.unwrap_or(BARS)).unwrap();
            let report = label(&OwnLabel { spec, labeller, fitted_on }, horizon, &series);
            assert_eq!(report.findings, [], "{kind:?} {horizon}");
            let is_judged = |tally: &Tally| tally.not_judged.is_none() && tally.compared > 5;
            assert!(report.tests.iter().all(is_judged), "{kind:?} {horizon}: {:?}", report.tests);
        }
    }
}

/// up, flat or down by a log return over `bars` bars against ±`limit`; none where `back` or `ahead` is missing.
fn by_return(closes: &[f64], from: usize, to: usize, limit: f64) -> Option<usize> {
    let r = (closes.get(to)? / closes.get(from)?).ln();
    Some(1 + usize::from(r > limit) - usize::from(r < -limit))
}

fn past_label(closes: &[f64]) -> Vec<Option<usize>> {
    (0..closes.len()).map(|bar| by_return(closes, bar.checked_sub(12)?, bar, 0.005)).collect()
}

#[test]
fn a_label_made_of_the_past_return_is_found() {
    let series = market();
    let of_the_past = ClosesLabel { horizon: 12, classes: past_label, is_computed: true };
    let report = label(&of_the_past, 12, &series);
    let finding = found(&report, Test::MadeOfThePast).unwrap();
    assert!(finding.looks_like.contains("made of the past"), "{}", finding.sentence());
    let finding = found(&report, Test::LabelEqualsColumn).unwrap();
    assert_eq!(finding.column, "past log return over 12 bars", "{}", finding.sentence());
    assert!(finding.change.contains("down below -0.00"), "{}", finding.change);
}

/// A column of a file can't be computed again; the equality alone has to find it, whatever the units.
#[test]
fn a_column_made_of_the_past_return_is_found_in_any_units() {
    let series = market();
    let deviation = |closes: &[f64], bar: usize, window: usize| {
        let from = bar.checked_sub(window)?;
        let r: Vec<f64> = closes[from..=bar].windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect();
        Some(features::sample_std(&r))
    };
    for (bars, window) in [(1, 20), (5, 96), (12, 24), (12, 288), (50, 100), (100, 33)] {
        let classes = move |closes: &[f64]| {
            let one = |bar: usize| {
                let limit = 0.5 * deviation(closes, bar, window)? * (bars as f64).sqrt();
                by_return(closes, bar.checked_sub(bars)?, bar, limit)
            };
            (0..closes.len()).map(one).collect()
        };
        let report = label(&ClosesLabel { horizon: 12, classes, is_computed: false }, 12, &series);
        let expected = PastColumn::ReturnInDeviations { bars, window }.to_string();
        let columns: Vec<&String> = report.findings.iter().map(|finding| &finding.column).collect();
        assert!(columns.contains(&&expected), "{bars} / {window}: {columns:?}");
    }
}

#[test]
fn a_column_made_of_the_past_return_in_weighted_deviations_is_found() {
    let classes = |closes: &[f64]| {
        let (keep, mut square) = (1.0 - 2.0 / 51.0, 0.0);
        let mut labels = vec![None];
        for bar in 1..closes.len() {
            let r = (closes[bar] / closes[bar - 1]).ln();
            square = keep * square + (1.0 - keep) * r * r;
            let limit = 0.7 * f64::sqrt(square);
            labels.push(bar.checked_sub(5).and_then(|from| by_return(closes, from, bar, limit)));
        }
        labels
    };
    let report = label(&ClosesLabel { horizon: 5, classes, is_computed: false }, 5, &market());
    let finding = found(&report, Test::LabelEqualsColumn).unwrap();
    assert!(finding.column.starts_with("past log return over 5 bars / exp"), "{}", finding.column);
}

/// A slow and honest label: a trend, some bars ahead. A column that follows the same trend is right most of
/// the time, but not where the class changes.
#[test]
fn a_slow_label_of_the_future_passes() {
    let series = market();
    let ahead = |closes: &[f64]| {
        let slow = mean_around(closes, 200, 0);
        let one = |bar: usize| Some(2 * usize::from(slow.get(bar + 1)?.as_ref()? > slow[bar].as_ref()?));
        (0..closes.len()).map(one).collect()
    };
    let report = label(&ClosesLabel { horizon: 1, classes: ahead, is_computed: false }, 1, &series);
    assert_eq!(report.findings, []);
}

#[test]
fn a_label_that_is_given_before_it_is_known_is_found() {
    let early = |closes: &[f64]| {
        // Compared with what is not there yet, nothing is larger.
        let one = |bar: usize| Some(if by_return(closes, bar, bar + 12, 0.0) == Some(2) { 2 } else { 0 });
        (0..closes.len()).map(one).collect()
    };
    let report = label(&ClosesLabel { horizon: 12, classes: early, is_computed: true }, 12, &market());
    let finding = found(&report, Test::GivenTooEarly).unwrap();
    assert!(finding.looks_like.contains("not there yet"), "{}", finding.sentence());
    assert!(finding.change.contains("cut off"), "{}", finding.sentence());
    assert_eq!(finding.bars, 12);
}

#[test]
fn a_label_that_looks_further_than_it_says_is_found() {
    let far = |closes: &[f64]| (0..closes.len()).map(|bar| by_return(closes, bar, bar + 20, 0.01)).collect();
    let report = label(&ClosesLabel { horizon: 12, classes: far, is_computed: true }, 12, &market());
    for test in [Test::Truncation, Test::FutureMutation] {
        let finding = found(&report, test).unwrap();
        assert!(finding.looks_like.contains("further ahead"), "{}", finding.sentence());
    }
}

/// The class stays, but the bar that it is said to need moves with the end of the file.
struct MovingUntil;

impl LabelSubject for MovingUntil {
    fn name(&self) -> String {
        "moving".to_owned()
    }

    fn compute(&self, series: &BarSeries) -> Result<LabelGrid> {
        let horizon = if series.len() == BARS { 6 } else { 5 };
        let classes =
            |closes: &[f64]| (0..closes.len()).map(|bar| by_return(closes, bar, bar + 5, 0.005)).collect();
        ClosesLabel { horizon, classes, is_computed: true }.compute(series)
    }
}

#[test]
fn an_until_that_moves_is_found() {
    let series = market();
    let (_, report) = on(&series, |trial| label_tests::check(&MovingUntil, trial)).unwrap();
    assert_eq!(found(&report, Test::Truncation).unwrap().column, "label");
}

#[test]
fn classes_cut_at_quantiles_of_the_whole_file_are_found() {
    let by_median = |closes: &[f64]| {
        let forward = |bar: usize| Some(closes.get(bar + 12)? / closes[bar]);
        let mut all: Vec<f64> = (0..closes.len()).filter_map(forward).collect();
        all.sort_unstable_by(f64::total_cmp);
        let Some(median) = all.get(all.len() / 2).copied() else { return vec![None; closes.len()] };
        (0..closes.len()).map(|bar| Some(2 * usize::from(forward(bar)? > median))).collect()
    };
    let report = label(&ClosesLabel { horizon: 12, classes: by_median, is_computed: true }, 12, &market());
    let finding = found(&report, Test::Truncation).or(found(&report, Test::FutureMutation)).unwrap();
    assert_eq!(finding.column, "label");
}

#[test]
fn a_label_with_one_class_is_not_judged() {
    let flat = |closes: &[f64]| vec![Some(1); closes.len()];
    let report = label(&ClosesLabel { horizon: 12, classes: flat, is_computed: false }, 12, &market());
    assert!(report.tests.iter().all(|tally| tally.not_judged.is_some()));
    assert_eq!(report.findings, []);
}
