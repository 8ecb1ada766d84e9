//! All models of a run as one: what it learns from, how it is served, what it does without a member.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::schemas::{assert_follows, schema};
use crate::workshop::{Row, Run, Workshop};

const MEMBERS: &str = "models=[\"random_forest\", \"boosting\", \"lstm\"]";
const SETTINGS: [&str; 3] = [MEMBERS, "boosting.rounds=20", "ensemble.prior_rows=5"];
/// An LSTM whose first steps lead to numbers that are none.
const BROKEN: &str = "lstm.training.learning_rate=1e30";

fn model<'r>(run: &'r Run, name: &str) -> &'r Value {
    run.report["models"].as_array().unwrap().iter().find(|model| model["name"] == name).unwrap()
}

fn log_loss(run: &Run, name: &str) -> f64 {
    model(run, name)["metrics"]["log_loss"]["mean"].as_f64().unwrap()
}

fn of(rows: Vec<Row>, name: &str) -> Vec<Row> {
    rows.into_iter().filter(|row| row.model == name).collect()
}

#[test]
fn it_is_one_more_model_and_the_only_bundle() {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 6000);
    let run = workshop.train(&bars, "out", &SETTINGS, &["--keep-folds"]);
    assert_follows(&schema("report"), &run.report);
    let names: Vec<&Value> =
        run.report["models"].as_array().unwrap().iter().map(|model| &model["name"]).collect();
    assert_eq!(names, ["random_forest", "boosting", "lstm", "ensemble"]);
    let worst = ["random_forest", "boosting", "lstm"].map(|name| log_loss(&run, name));
    assert!(log_loss(&run, "ensemble") < worst.into_iter().fold(0.0, f64::max));

    let [bundle] = &run.bundles[..] else { panic!("{:?}", run.bundles) };
    let manifest = run.manifest();
    assert_follows(&schema("manifest"), &manifest);
    assert_eq!(manifest["facts"]["name"], "ensemble");
    assert_eq!(model(&run, "ensemble")["content_hash"], manifest["content_hash"]);
    let exported = &run.report["ensemble"]["exported"];
    for member in manifest["members"].as_array().unwrap() {
        let reported = exported["weights"][member["name"].as_str().unwrap()].as_f64().unwrap();
        assert!((member["weight"].as_f64().unwrap() - reported).abs() < 1e-12);
    }
    let lines = workshop.predict(bundle, &bars);
    assert_follows(&schema("prediction"), &lines[0]);
    assert_eq!(lines[0]["members"].as_object().unwrap().len(), 3);
    assert_eq!((&lines[0]["fallback_level"], &lines[0]["missing"]), (&json!(0), &json!({})));
    let weights: f64 = lines[0]["weights"].as_object().unwrap().values().map(|w| w.as_f64().unwrap()).sum();
    assert!((weights - 1.0).abs() < 1e-12);

    // Every fold's bundle repeats what the fold scored.
    let rows = of(run.predictions(), "ensemble");
    for fold in 0..3 {
        let answers = answers(&workshop, &run.directory.join("folds").join(fold.to_string()), &bars);
        let own: Vec<&Row> = rows.iter().filter(|row| row.fold == fold).collect();
        assert!(own.len() > 300);
        for row in own {
            for (answered, scored) in answers[&row.timestamp].iter().zip(&row.probabilities) {
                assert!((answered - scored).abs() <= 1e-6, "fold {fold}, {}", row.timestamp);
            }
        }
    }
}

/// Probabilities by the time of the bar.
fn answers(workshop: &Workshop, bundle: &Path, bars: &Path) -> HashMap<i64, Vec<f64>> {
    let of_line = |line: &Value| {
        let p = line["probabilities"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).collect();
        (line["timestamp"].as_i64().unwrap(), p)
    };
    workshop.predict(bundle, bars).iter().map(of_line).collect()
}

/// The same bars, those from `first` on with other prices.
fn with_another_future(workshop: &Workshop, bars: &Path, first: usize) -> PathBuf {
    let text = fs::read_to_string(bars).unwrap();
    let changed = text.lines().enumerate().map(|(line, text)| {
        let mut cells: Vec<String> = text.split(',').map(str::to_owned).collect();
        if line > first {
            let factor = 1.0 + 0.2 * (line as f64 / 40.0).sin();
            for cell in &mut cells[1..5] {
                *cell = (cell.parse::<f64>().unwrap() * factor).to_string();
            }
        }
        cells.join(",")
    });
    let path = workshop.path("another-future.csv");
    fs::write(&path, changed.collect::<Vec<_>>().join("\n")).unwrap();
    path
}

/// Weights, correction and thresholds of a fold rest on what was known when it began.
#[test]
fn nothing_that_a_fold_answers_for_decides_how_it_answers() {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 6000);
    let settings = [&SETTINGS[..], &["models=[\"random_forest\", \"boosting\"]"]].concat();
    let run = workshop.train(&bars, "out", &settings, &["--keep-folds"]);
    let text = fs::read_to_string(&bars).unwrap();
    let rows: Vec<Row> = of(run.predictions(), "ensemble");
    let first = rows.iter().find(|row| row.fold == 2).unwrap().timestamp;
    // Bars are an hour long and named by when they open.
    let opens = (first - 3_600_000).to_string();
    let place = text.lines().position(|line| line.starts_with(&opens)).unwrap();
    let other = with_another_future(&workshop, &bars, place);
    let changed = workshop.train(&other, "other", &settings, &["--keep-folds"]);
    for fold in 0..3 {
        let of = |run: &Run| run.report["ensemble"]["folds"][fold].clone();
        assert_eq!(of(&run), of(&changed), "fold {fold}");
        let core = |run: &Run| {
            let path = run.directory.join(format!("folds/{fold}/manifest.json"));
            let manifest: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            (manifest["core"].clone(), manifest["members"].clone())
        };
        assert_eq!(core(&run), core(&changed), "fold {fold}");
    }
    assert_ne!(run.report["ensemble"]["exported"], changed.report["ensemble"]["exported"]);
}

#[test]
fn a_member_that_fails_is_named_and_the_others_go_on() {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 6000);
    let settings = [&SETTINGS[..], &[BROKEN]].concat();
    let run = workshop.train(&bars, "out", &settings, &[]);
    assert_eq!(model(&run, "lstm")["status"], "failed");
    assert_eq!(model(&run, "ensemble")["status"], "ok");
    let exported = &run.report["ensemble"]["exported"];
    assert_eq!(exported["weights"].as_object().unwrap().len(), 2);
    assert!(exported["missing"]["lstm"].is_string(), "{exported}");
    assert_follows(&schema("manifest"), &run.manifest());
    let line = workshop.predict(&run.bundles[0], &bars).swap_remove(0);
    assert_follows(&schema("prediction"), &line);
    assert_eq!(line["fallback_level"], 1);
    assert!(line["missing"]["lstm"].is_string(), "{line}");
    let weights: f64 = line["weights"].as_object().unwrap().values().map(|w| w.as_f64().unwrap()).sum();
    assert!((weights - 1.0).abs() < 1e-12);
}

#[test]
fn without_earlier_folds_the_priors_hold() {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 4000);
    let settings = [
        "models=[\"random_forest\", \"lstm\"]",
        "ensemble.prior_rows=5",
        "validation.split.purged_k_fold.folds=3",
    ];
    let run = workshop.train(&bars, "out", &settings, &[]);
    let ensemble = &run.report["ensemble"];
    for made in ensemble["folds"].as_array().unwrap().iter().chain([&ensemble["exported"]]) {
        assert!((made["weights"]["lstm"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-12, "{made}");
        assert_eq!(made["calibration"], "none");
    }
    assert_eq!(model(&run, "ensemble")["prediction_sets"], Value::Null);
}
