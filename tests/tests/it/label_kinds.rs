//! Every kind of label trains, validates and reports.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use labels::LabelKind;

use crate::workshop::Workshop;

/// How far the test's own labels look ahead.
const UNTIL: usize = 4;

/// What switches a run to a kind, and the classes it then has. A new kind does not compile without an arm.
fn settings(kind: LabelKind) -> (Vec<&'static str>, &'static [&'static str]) {
    match kind {
        LabelKind::ForwardDirection => {
            (vec!["label.kind=forward_direction"], &["bearish", "neutral", "bullish"])
        }
        LabelKind::TripleBarrier => (vec!["label.kind=triple_barrier"], &["bearish", "neutral", "bullish"]),
        LabelKind::TrendVol => (
            vec!["label.kind=trend_vol"],
            &[
                "bull_low_vol",
                "bull_high_vol",
                "bear_low_vol",
                "bear_high_vol",
                "sideways_low_vol",
                "sideways_high_vol",
            ],
        ),
        LabelKind::SmoothedTrend => (vec!["label.kind=smoothed_trend"], &["bearish", "neutral", "bullish"]),
        LabelKind::Jump => (vec!["label.kind=jump", "label.jump_penalty=10"], &["low", "mid", "high"]),
        LabelKind::Volatility => (vec!["label.kind=volatility", "label.median_window=200"], &["low", "high"]),
        LabelKind::Hmm => (vec!["label.kind=hmm", "label.states=3"], &["low", "mid", "high"]),
        LabelKind::Provided => {
            (vec!["label.kind=provided", "label.column=mood", "label.until_column=known"], &["down", "up"])
        }
    }
}

/// Bars with two columns of the user's own: whether the close four bars on is higher, and when that is
/// known. The last bars have neither.
fn with_own_labels(workshop: &Workshop, bars: &Path) -> PathBuf {
    let text = fs::read_to_string(bars).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let close = |row: usize| rows[row][4].parse::<f64>().unwrap();
    let mut labelled = String::from("timestamp,open,high,low,close,volume,mood,known\n");
    for (index, row) in rows.iter().enumerate() {
        let known = index + UNTIL;
        let (mood, known) = match rows.get(known) {
            Some(later) => (if close(known) > close(index) { "up" } else { "down" }, later[0]),
            None => ("", ""),
        };
        writeln!(labelled, "{},{mood},{known}", row[..6].join(",")).unwrap();
    }
    let path = workshop.path("labelled.csv");
    fs::write(&path, labelled).unwrap();
    path
}

fn trains_and_reports(kind: LabelKind) {
    let workshop = Workshop::new();
    let mut bars = workshop.market("bench", 4000);
    if kind == LabelKind::Provided {
        bars = with_own_labels(&workshop, &bars);
    }
    let (settings, classes) = settings(kind);
    let run = workshop.train(&bars, "out", &settings, &[]);
    let model = &run.report["models"][0];
    assert_eq!(model["status"], "ok", "{}", model["verdict"]);
    assert_eq!(model["label"], serde_json::to_value(kind).unwrap());
    assert_eq!(run.report["label"]["kind"], model["label"]);
    let names: Vec<String> = serde_json::from_value(run.report["label"]["classes"]["names"].clone()).unwrap();
    // Where the trends of states differ their names say so: `low_bull`.
    let is_state = matches!(kind, LabelKind::Hmm | LabelKind::Jump);
    let base = |name: &String| name.split('_').next().filter(|_| is_state).unwrap_or(name).to_owned();
    assert_eq!(names.iter().map(base).collect::<Vec<_>>(), classes);
    let counts: Vec<u64> = serde_json::from_value(run.report["label"]["counts"].clone()).unwrap();
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
    let folds = model["folds"].as_array().unwrap();
    assert!(folds.len() == 3 && folds.iter().all(|fold| fold["status"] == "ok"));
    for row in run.predictions() {
        assert!(names.contains(&row.label) && row.probabilities.len() == names.len());
    }
    let first = workshop.predict(&run.bundles[0], &bars).swap_remove(0);
    let keys: Vec<&String> = first["probabilities"].as_object().unwrap().keys().collect();
    assert_eq!(keys, names.iter().collect::<Vec<_>>());
}

#[test]
fn forward_direction() {
    trains_and_reports(LabelKind::ForwardDirection);
}

#[test]
fn triple_barrier() {
    trains_and_reports(LabelKind::TripleBarrier);
}

#[test]
fn trend_vol() {
    trains_and_reports(LabelKind::TrendVol);
}

#[test]
fn smoothed_trend() {
    trains_and_reports(LabelKind::SmoothedTrend);
}

#[test]
fn jump_fitted_in_every_fold() {
    trains_and_reports(LabelKind::Jump);
}

#[test]
fn volatility() {
    trains_and_reports(LabelKind::Volatility);
}

#[test]
fn hmm_fitted_in_every_fold() {
    trains_and_reports(LabelKind::Hmm);
}

#[test]
fn provided() {
    trains_and_reports(LabelKind::Provided);
}

/// The user's own labels are purged by the user's own `until`.
#[test]
fn provided_labels_are_purged_by_their_own_reach() {
    let workshop = Workshop::new();
    let bars = with_own_labels(&workshop, &workshop.market("bench", 4000));
    // Without rows held back, which are purged from the others too.
    let settings = [settings(LabelKind::Provided).0, vec!["calibration=none"]].concat();
    let run = workshop.train(&bars, "out", &settings, &[]);
    for fold in run.report["validation"]["folds"].as_array().unwrap() {
        // A label of bar t needs bars t + 1 to t + 4; those of the first test row s begin at s + 1. So bar
        // s − 4 is the last that may be learnt from, and s − 3 to s − 1 are dropped.
        assert_eq!(fold["purged_rows"], UNTIL - 1);
        let [end, start] = [("train", "until"), ("test", "from")].map(|(part, at)| fold[part][at].as_i64());
        assert_eq!(start.unwrap() - end.unwrap(), 3_600_000 * UNTIL as i64);
    }
}
