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
    assert_eq!(run.report["label"]["classes"]["names"], serde_json::json!(classes));
    let counts: Vec<u64> = serde_json::from_value(run.report["label"]["counts"].clone()).unwrap();
    assert!(counts.iter().all(|count| *count > 100), "{counts:?}");
    let folds = model["folds"].as_array().unwrap();
    assert!(folds.len() == 3 && folds.iter().all(|fold| fold["status"] == "ok"));
    for row in run.predictions() {
        assert!(classes.contains(&row.label.as_str()) && row.probabilities.len() == classes.len());
    }
    let first = workshop.predict(&run.bundles[0], &bars).swap_remove(0);
    let keys: Vec<&String> = first["probabilities"].as_object().unwrap().keys().collect();
    assert_eq!(keys, classes);
}

#[test]
fn forward_direction() {
    trains_and_reports(LabelKind::ForwardDirection);
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
    let run = workshop.train(&bars, "out", &settings(LabelKind::Provided).0, &[]);
    for fold in run.report["validation"]["folds"].as_array().unwrap() {
        // A label of bar t needs bars t + 1 to t + 4; those of the first test row s begin at s + 1. So bar
        // s − 4 is the last that may be learnt from, and s − 3 to s − 1 are dropped.
        assert_eq!(fold["purged_rows"], UNTIL - 1);
        let [end, start] = [("train", "until"), ("test", "from")].map(|(part, at)| fold[part][at].as_i64());
        assert_eq!(start.unwrap() - end.unwrap(), 3_600_000 * UNTIL as i64);
    }
}
