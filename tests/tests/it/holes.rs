//! Nothing reaches across a long hole in the bars: no window, no return, no label.

use data::LoadOptions;
use features::{FeatureSet, FeatureSpec, FeatureTable};
use labels::{Definition, Label, LabelKind, LabelSpec, ProvidedColumns};
use market::BarSeries;

use crate::workshop::Workshop;

/// The first bar behind the hole.
const BEHIND: usize = 2000;
const MISSING: usize = 100;

fn seed43() -> FeatureSpec {
    FeatureSpec { sets: vec!["seed43".to_owned()], ..FeatureSpec::default() }
}

/// 3,900 bars in two segments, and the second segment alone.
fn cut_in_two(workshop: &Workshop) -> (BarSeries, BarSeries) {
    let path = workshop.with_hole(&workshop.market("bench", 4000), BEHIND..BEHIND + MISSING);
    let series = data::load(&path, &LoadOptions::default()).unwrap().series;
    assert_eq!(series.segments(), [0..BEHIND, BEHIND..3900]);
    let behind = series.bars()[BEHIND..].to_vec();
    let alone = BarSeries::new("alone", series.timeframe(), series.gaps(), behind).unwrap();
    (series, alone)
}

#[test]
fn no_window_reaches_across() {
    let workshop = Workshop::new();
    let (series, alone) = cut_in_two(&workshop);
    let set = FeatureSet::resolve(&seed43(), series.timeframe()).unwrap();
    let table = FeatureTable::compute(&set, &series, |_| ());
    let settled = set.schema().settled();
    for lookback in [1, 12, 100] {
        let warm_up = settled + lookback - 1;
        for bar in 0..series.len() {
            let start = if bar < BEHIND { 0 } else { BEHIND };
            let inside = bar + 1 >= start + warm_up;
            assert_eq!(table.is_usable(bar, lookback), inside, "bar {bar}, lookback {lookback}");
        }
    }
    // Behind the hole the features are those of a series that begins there, to the last bit.
    let fresh = FeatureTable::compute(&set, &alone, |_| ());
    for bar in 0..alone.len() {
        let bits = |row: &[f64]| row.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(table.raw_row(BEHIND + bar)), bits(fresh.raw_row(bar)), "bar {bar} behind the hole");
    }
}

#[test]
fn no_return_reaches_across() {
    let workshop = Workshop::new();
    let (series, _) = cut_in_two(&workshop);
    let set = FeatureSet::resolve(&seed43(), series.timeframe()).unwrap();
    let table = FeatureTable::compute(&set, &series, |_| ());
    for (name, reach) in [("returns_1", 1), ("returns_5", 5), ("roc_20", 20), ("roc_50", 50)] {
        let column = set.schema().names().position(|known| known == name).unwrap();
        for bar in BEHIND..BEHIND + reach {
            assert_eq!(table.value(bar, column), None, "{name} at bar {bar}");
        }
        let bar = BEHIND + reach;
        let expected = series.bars()[bar].close / series.bars()[BEHIND].close - 1.0;
        assert!((table.value(bar, column).unwrap() - expected).abs() < 1e-12, "{name}");
    }
}

/// The time of a label's own bar, of its first and of its last future bar lie on one side of the hole.
fn assert_on_one_side(series: &BarSeries, labels: &[Option<Label>], kind: LabelKind) {
    let [last_before, last] = [BEHIND, series.len()].map(|end| series.bars()[end - 1].open_time);
    for (bar, label) in labels.iter().enumerate() {
        let Some(label) = label else { continue };
        let end = if bar < BEHIND { last_before } else { last };
        assert!(label.from > series.bars()[bar].open_time, "{kind:?} at bar {bar}");
        assert!(label.from <= label.until && label.until <= end, "{kind:?} at bar {bar}");
    }
}

#[test]
fn no_label_reaches_across() {
    let workshop = Workshop::new();
    let (series, alone) = cut_in_two(&workshop);
    for kind in LabelKind::ALL.into_iter().filter(|kind| *kind != LabelKind::Provided) {
        let spec = LabelSpec { kind, horizon: 12, median_window: Some(200), ..LabelSpec::default() };
        let labeller = Definition::new(&spec, None).unwrap().fit(&series, series.len()).unwrap();
        let labels = labeller.label(&series).labels;
        assert!(labels.iter().flatten().count() > 3000, "{kind:?}");
        assert_on_one_side(&series, &labels, kind);
        // Neither does what sets their scale: the second segment alone has the same labels.
        assert_eq!(labels[BEHIND..], labeller.label(&alone).labels, "{kind:?}");
    }
}

/// A label of the user's own that says it needs a bar behind the hole is left out.
#[test]
fn no_provided_label_reaches_across() {
    const REACH: usize = 12;
    let workshop = Workshop::new();
    let (series, _) = cut_in_two(&workshop);
    let bars = series.bars();
    let until = (0..bars.len()).map(|bar| Some(bars.get(bar + REACH)?.open_time)).collect();
    let classes = (0..bars.len()).map(|bar| match bars.get(bar + REACH) {
        Some(later) if later.close > bars[bar].close => "up".to_owned(),
        Some(_) => "down".to_owned(),
        None => String::new(),
    });
    let columns = ProvidedColumns { classes: classes.collect(), until };
    let kind = LabelKind::Provided;
    let [column, until_column] = ["mood", "known"].map(|name| Some(name.to_owned()));
    let spec = LabelSpec { kind, column, until_column, ..LabelSpec::default() };
    let labeller = Definition::new(&spec, Some(columns)).unwrap().fit(&series, series.len()).unwrap();
    let labels = labeller.label(&series).labels;
    assert_on_one_side(&series, &labels, kind);
    let without: Vec<usize> = (0..bars.len()).filter(|bar| labels[*bar].is_none()).collect();
    let last_of_each = (BEHIND - REACH..BEHIND).chain(bars.len() - REACH..bars.len());
    assert!(without.iter().copied().eq(last_of_each), "{without:?}");
}

/// The close times of the bars that a model with one row of memory may answer for.
fn answerable(series: &BarSeries, settled: usize) -> Vec<i64> {
    let bars = (settled - 1..BEHIND).chain(BEHIND + settled - 1..series.len());
    bars.map(|bar| series.bars()[bar].close_time.millis()).collect()
}

#[test]
fn a_forest_trains_and_predicts_on_both_sides() {
    let workshop = Workshop::new();
    let (series, _) = cut_in_two(&workshop);
    let settled = FeatureSet::resolve(&seed43(), series.timeframe()).unwrap().schema().settled();
    let bars = workshop.path("with-hole.csv");
    let settings = ["validation.initial_train=0.3", r#"features.sets=["seed43"]"#];
    let run = workshop.train(&bars, "out", &settings, &[]);
    assert_eq!(run.report["models"][0]["status"], "ok");
    assert_eq!(run.report["data"]["quality"]["segments"], 2);
    let allowed = answerable(&series, settled);
    let rows = run.predictions();
    assert!(rows.iter().all(|row| allowed.contains(&row.timestamp)));
    let behind = series.bars()[BEHIND].open_time.millis();
    assert!(rows.iter().any(|row| row.timestamp < behind) && rows.iter().any(|row| row.timestamp > behind));
    let predicted = workshop.predict(&run.bundles[0], &bars);
    let times: Vec<i64> = predicted.iter().map(|line| line["timestamp"].as_i64().unwrap()).collect();
    assert_eq!(times, allowed);
}
