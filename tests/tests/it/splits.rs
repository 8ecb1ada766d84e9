//! Every way to split trains, scores and reports.

use serde_json::Value;

use crate::workshop::{Run, Workshop};

const SETTINGS: [&str; 2] = ["random_forest.trees=5", "features.sets=[\"seed43\"]"];

/// The workshop lives as long as its files are read.
fn run(settings: &[&str]) -> (Workshop, Run) {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 4000);
    let run = workshop.train(&bars, "out", &[&SETTINGS[..], settings].concat(), &[]);
    assert_eq!(run.report["models"][0]["status"], "ok");
    assert!(run.report["models"][0]["versus"]["majority"].is_object());
    (workshop, run)
}

fn count(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// Rows of each fold, and how often each instant is answered.
fn answered(run: &Run) -> (Vec<usize>, Vec<usize>) {
    let mut times: Vec<i64> = run.predictions().iter().map(|row| row.timestamp).collect();
    assert!(times.is_sorted(), "rows are in order of time");
    let often: Vec<usize> = times.chunk_by(|a, b| a == b).map(<[i64]>::len).collect();
    times.dedup();
    let folds = run.report["validation"]["folds"].as_array().unwrap();
    let rows: Vec<usize> = folds.iter().map(|fold| count(&fold["test"]["rows"])).collect();
    assert_eq!(rows.iter().sum::<usize>(), often.iter().sum::<usize>());
    assert_eq!(count(&run.report["validation"]["out_of_sample_rows"]), rows.iter().sum::<usize>());
    (rows, often)
}

#[test]
fn time_series() {
    let (_workshop, run) = run(&["validation.split.time_series.folds=4"]);
    let validation = &run.report["validation"];
    assert_eq!((&validation["method"], &validation["mode"]), (&"time_series".into(), &"anchored".into()));
    let (rows, often) = answered(&run);
    assert!(rows.len() == 4 && often.iter().all(|times| *times == 1));
    assert!(rows.iter().all(|count| count.abs_diff(rows[0]) <= 12), "{rows:?}");
}

#[test]
fn blocks_of_so_many_rows() {
    let (_workshop, run) = run(&[
        "validation.split.walk_forward.blocks.rows=500",
        "validation.split.walk_forward.window=rolling",
    ]);
    let (rows, _) = answered(&run);
    assert_eq!(rows[0], 500);
    assert_eq!(run.report["validation"]["mode"], "rolling");
}

#[test]
fn monte_carlo() {
    let (_workshop, run) = run(&["validation.split.monte_carlo.draws=4"]);
    let (rows, often) = answered(&run);
    assert_eq!(rows.len(), 4);
    assert_eq!(run.report["validation"]["repeats_test_rows"], true);
    assert!(often.iter().any(|times| *times > 1), "test parts overlap");
    let economics = &run.report["economics"]["models"][0];
    assert_eq!(economics["path_sharpe_ratios"].as_array().unwrap().len(), 4);
}

#[test]
fn purged_k_fold() {
    let (_workshop, run) = run(&["validation.split.purged_k_fold.folds=4"]);
    let (rows, often) = answered(&run);
    assert!(rows.len() == 4 && often.iter().all(|times| *times == 1));
    let folds = run.report["validation"]["folds"].as_array().unwrap();
    assert_eq!(folds[1]["train_parts"].as_array().unwrap().len(), 2, "before and behind the test block");
    assert!(count(&folds[1]["embargoed_rows"]) > 100, "as many as features look back");
    assert_eq!(count(&folds[3]["embargoed_rows"]), 0);
    assert_eq!(run.report["validation"]["trains_on_past_only"], false);
}

#[test]
fn combinatorial() {
    let (_workshop, run) =
        run(&["validation.split.combinatorial.groups=4", "validation.split.combinatorial.test_groups=2"]);
    let (rows, often) = answered(&run);
    assert_eq!(rows.len(), 6);
    assert!(often.iter().all(|times| *times == 3), "every row is on three paths");
    let economics = &run.report["economics"]["models"][0];
    assert_eq!(economics["path_sharpe_ratios"].as_array().unwrap().len(), 3);
    // Rows of one instant are no independent evidence.
    let effective = run.report["validation"]["effective_rows"].as_f64().unwrap();
    let block = run.report["validation"]["block_length"].as_f64().unwrap();
    assert!(effective <= rows.iter().sum::<usize>() as f64 && block >= 3.0 * 12.0, "{effective} {block}");
}
