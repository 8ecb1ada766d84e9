//! Folds that can't be fitted or scored are marked, never averaged silently.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::workshop::{Run, Workshop, command_line};

const BARS: usize = 3000;
const SETTINGS: [&str; 6] = [
    "random_forest.trees=5",
    "features.sets=[\"seed43\"]",
    "label.kind=provided",
    "label.column=mood",
    "label.until_column=known",
    "label.horizon=2",
];

/// Bars with a label of the user's own at each bar, known two bars later.
fn labelled(workshop: &Workshop, mood: impl Fn(usize) -> &'static str) -> PathBuf {
    let text = fs::read_to_string(workshop.market("bench", BARS)).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let mut written = String::from("timestamp,open,high,low,close,volume,mood,known\n");
    for (index, row) in rows.iter().enumerate() {
        let known = rows.get(index + 2).map_or("", |later| later[0]);
        let mood = if known.is_empty() { "" } else { mood(index) };
        let known = if mood.is_empty() { "" } else { known };
        writeln!(written, "{},{mood},{known}", row[..6].join(",")).unwrap();
    }
    let path = workshop.path("moods.csv");
    fs::write(&path, written).unwrap();
    path
}

fn coin(index: usize) -> &'static str {
    if index * 7919 % 31 < 15 { "up" } else { "down" }
}

fn run(mood: impl Fn(usize) -> &'static str) -> Run {
    let workshop = Workshop::new();
    let bars = labelled(&workshop, mood);
    workshop.train(&bars, "out", &SETTINGS, &[])
}

fn refused(mood: impl Fn(usize) -> &'static str, more: &[&str]) -> String {
    let workshop = Workshop::new();
    let [config, bars] =
        [workshop.path("small.toml"), labelled(&workshop, mood)].map(|path| path.display().to_string());
    let mut arguments = vec!["--config", &config, "--data", &bars, "--quiet"];
    arguments.extend(SETTINGS.iter().chain(more).flat_map(|setting| ["--set", setting]));
    trainer::run(command_line(&arguments), &mut Vec::new()).unwrap_err().to_string()
}

fn notes(fold: &Value) -> String {
    fold["notes"].to_string()
}

#[test]
fn a_block_of_one_class_is_scored_and_noted() {
    let report = run(|index| if index > 2500 { "up" } else { coin(index) }).report;
    let folds = report["validation"]["folds"].as_array().unwrap();
    assert_eq!(folds[2]["left_out"], false);
    assert!(notes(&folds[2]).contains("all test rows are of class up"), "{}", folds[2]);
    assert_eq!(notes(&folds[0]), "[]");
    assert_eq!(report["models"][0]["status"], "ok");
}

#[test]
fn training_rows_of_one_class_leave_the_fold_out() {
    // The first fold learns from one class only.
    let report = run(|index| if index < 1600 { "up" } else { coin(index) }).report;
    let folds = report["validation"]["folds"].as_array().unwrap();
    assert_eq!(folds[0]["left_out"], true);
    assert!(notes(&folds[0]).contains("all training rows are of class up"), "{}", folds[0]);
    let model = &report["models"][0];
    assert_eq!(model["status"], "ok");
    assert_eq!(model["folds"][0]["status"], "left_out");
    assert!(model["folds"][0]["log_loss"].is_null());
    let verdict = model["verdict"].as_str().unwrap();
    assert!(
        verdict.contains("Left out, 1 of 3 folds: fold 0 (all training rows are of class up"),
        "{verdict}"
    );
    let rows: u64 = folds[1..].iter().map(|fold| fold["test"]["rows"].as_u64().unwrap()).sum();
    assert_eq!(report["validation"]["out_of_sample_rows"], rows);
}

#[test]
fn a_class_that_nobody_can_have_learnt_is_noted() {
    let report = run(|index| if index > 2600 && index % 5 == 0 { "crash" } else { coin(index) }).report;
    let folds = report["validation"]["folds"].as_array().unwrap();
    assert!(
        notes(&folds[2]).contains("class crash comes in the test rows, but in no training row"),
        "{}",
        folds[2]
    );
    assert_eq!(folds[2]["left_out"], false);
}

#[test]
fn a_label_of_one_class_is_refused() {
    let message = refused(|_| "up", &[]);
    assert!(message.contains("between 2 and 255 classes, not 1"), "{message}");
    let message = refused(|index| if index < 2990 { "up" } else { "down" }, &[]);
    assert!(message.contains("no fold can be fitted") && message.contains("class up"), "{message}");
}

#[test]
fn a_class_that_is_not_listed_is_refused_by_its_bar() {
    let message =
        refused(|index| if index == 700 { "Up" } else { coin(index) }, &["label.classes=[\"down\", \"up\"]"]);
    assert!(message.contains("`Up`") && message.contains("label.classes lists down, up"), "{message}");
}

/// Rows are cut among those with a label, so a stretch without labels only moves the cuts.
#[test]
fn a_stretch_without_labels_is_no_fault() {
    let report = run(|index| if (1800..2300).contains(&index) { "" } else { coin(index) }).report;
    let folds = report["validation"]["folds"].as_array().unwrap();
    assert!(
        folds.iter().all(|fold| fold["left_out"] == false && fold["test"]["rows"].as_u64().unwrap() > 100)
    );
}
