//! Labels against pandas and numpy (`tests/oracle/labels.py`): every class and every `until`.

use labels::{LabelKind, LabelSpec};

use crate::bars::{fitted, golden, golden_series, spec};

/// The cells of one column of the golden table, none where they are empty.
fn column(name: &str) -> Vec<Option<String>> {
    let mut reader = golden("labels.csv.gz");
    let place = reader.headers().unwrap().iter().position(|known| known == name).unwrap();
    reader
        .records()
        .map(|record| Some(record.unwrap()[place].to_owned()).filter(|cell| !cell.is_empty()))
        .collect()
}

fn check(name: &str, spec: &LabelSpec) {
    let series = golden_series();
    let labeller = fitted(spec, &series, series.len());
    let labels = labeller.label(&series);
    let (classes, untils) = (column(name), column(&format!("{name}_until")));
    for (t, label) in labels.labels.iter().enumerate() {
        let got = label.map(|label| labels.classes.name(label.class));
        assert_eq!(got, classes[t].as_deref(), "{name} at bar {t}");
        let Some(label) = label else { continue };
        assert_eq!(label.from, series.bars()[t + 1].open_time, "{name} at bar {t}");
        let until: usize = untils[t].as_ref().unwrap().parse().unwrap();
        assert_eq!(label.until, series.bars()[until].open_time, "{name} at bar {t}");
    }
    assert!(labels.counts().iter().all(|count| *count > 0), "{name}: {:?}", labels.counts());
    if let Some(frozen) = labeller.frozen(&series) {
        for (t, (got, wanted)) in frozen.iter().zip(column(&format!("{name}_frozen"))).enumerate() {
            let got = got.map(|class| labels.classes.name(class));
            assert_eq!(got, wanted.as_deref(), "{name} frozen at bar {t}");
        }
    }
}

#[test]
fn forward_direction() {
    check("forward_direction", &spec(LabelKind::ForwardDirection));
}

#[test]
fn triple_barrier() {
    check("triple_barrier", &spec(LabelKind::TripleBarrier));
    let uneven = LabelSpec { profit_barrier: 1.5, stop_barrier: 0.7, ..spec(LabelKind::TripleBarrier) };
    check("triple_barrier_uneven", &uneven);
}

#[test]
fn trend_vol() {
    check("trend_vol", &spec(LabelKind::TrendVol));
    check("trend_vol_fixed", &LabelSpec { fixed_threshold: Some(0.001), ..spec(LabelKind::TrendVol) });
}

#[test]
fn volatility() {
    check("volatility", &LabelSpec { median_window: Some(100), ..spec(LabelKind::Volatility) });
}

#[test]
fn smoothed_trend() {
    check("smoothed_trend", &spec(LabelKind::SmoothedTrend));
}
