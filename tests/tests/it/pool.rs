//! One model for several symbols.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::workshop::{Run, Workshop, command_line};

const SETTINGS: [&str; 2] = ["random_forest.trees=10", "features.sets=[\"seed43\"]"];

/// Two markets of different lengths that overlap in time.
fn symbols(workshop: &Workshop) -> [PathBuf; 2] {
    [workshop.market("bench", 4000), workshop.market("easy", 3000)]
}

/// Times and symbols of the lines of `predictions.csv`.
fn answered(run: &Run) -> Vec<(i64, String)> {
    let text = fs::read_to_string(run.directory.join("predictions.csv")).unwrap();
    assert!(
        text.starts_with("model,fold,symbol,timestamp,label,predicted,"),
        "{}",
        text.lines().next().unwrap()
    );
    let line = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[3].parse().unwrap(), cells[2].to_owned())
    };
    text.lines().skip(1).map(line).collect()
}

#[test]
fn both_are_learnt_from_and_answered_for_at_the_same_instants() {
    let workshop = Workshop::new();
    let run = workshop.train_pool(&symbols(&workshop), &SETTINGS);
    let report = &run.report;
    assert_eq!(report["pool"].as_array().unwrap().len(), 2);
    assert_eq!(report["label"]["symbols"].as_array().unwrap().len(), 2);
    let rows = answered(&run);
    assert!(rows.is_sorted_by_key(|(time, _)| *time));
    let folds = report["validation"]["folds"].as_array().unwrap();
    let rows_of: BTreeMap<&str, usize> = rows.iter().fold(BTreeMap::new(), |mut counts, (_, symbol)| {
        *counts.entry(symbol.as_str()).or_default() += 1;
        counts
    });
    assert!(rows_of.len() == 2 && rows_of.values().all(|count| *count > 500), "{rows_of:?}");
    for fold in folds {
        assert!(fold["train"]["until"].as_i64() < fold["test"]["from"].as_i64(), "cut in time across all");
    }
    let groups = report["models"][0]["groups"].as_array().unwrap();
    let of_symbols = groups.iter().find(|group| group["by"] == "symbol").unwrap();
    assert_eq!(of_symbols["groups"].as_array().unwrap().len(), 2);
    assert_eq!(report["economics"]["models"].as_array().unwrap().len(), 2);
    assert_eq!(run.manifest()["facts"]["data"]["pool"].as_array().unwrap().len(), 2);
    // The bundle serves either symbol.
    assert!(!workshop.predict(&run.bundles[0], &workshop.path("easy.csv")).is_empty());
}

#[test]
fn a_pool_of_one_is_that_symbol() {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 4000);
    let alone = workshop.train(&bars, "out", &SETTINGS, &[]);
    let pooled = workshop.train_pool(&[bars], &SETTINGS);
    assert_eq!(alone.content_hash(), pooled.content_hash());
    assert_eq!(alone.report["models"][0]["metrics"], pooled.report["models"][0]["metrics"]);
}

#[test]
fn each_symbol_is_answered_for_by_models_of_the_other() {
    let workshop = Workshop::new();
    let pool = symbols(&workshop);
    let settings = [&SETTINGS[..], &["validation.leave_one_symbol_out=true", "validation.folds=2"]].concat();
    let run = workshop.train_pool(&pool, &settings);
    let folds = run.report["validation"]["folds"].as_array().unwrap();
    assert_eq!(folds.len(), 4, "two splits for each symbol");
    assert!(folds.iter().all(|fold| fold["symbol_left_out"].is_string()));
    let rows = answered(&run);
    let mut once = rows.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), rows.len(), "every row is answered once");
    assert!(
        run.report["models"][0]["versus"]["majority"].is_object(),
        "baselines learn from the symbol's own past"
    );
    let message = refused(&workshop, &pool[..1], &settings);
    assert!(message.contains("several symbols"), "{message}");
}

fn refused(workshop: &Workshop, symbols: &[PathBuf], settings: &[&str]) -> String {
    let config = workshop.path("small.toml").display().to_string();
    let symbols: Vec<String> = symbols.iter().map(|path| path.display().to_string()).collect();
    let mut arguments = vec!["--config", &config, "--quiet"];
    arguments.extend(symbols.iter().flat_map(|path| ["--pool", path.as_str()]));
    arguments.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    trainer::run(command_line(&arguments), &mut Vec::new()).unwrap_err().to_string()
}

#[test]
fn what_makes_no_pool_is_refused() {
    let workshop = Workshop::new();
    let [first, _] = symbols(&workshop);
    let message = refused(&workshop, &[first.clone(), first.clone()], &SETTINGS);
    assert!(message.contains("stands twice"), "{message}");
    let slow = workshop.path("slow.csv");
    let [from, to] = [&first, &slow].map(|path| path.display().to_string());
    let resample = ["data", "resample", "--data", &from, "--to", "4h", "--out", &to];
    trainer::run(command_line(&resample), &mut Vec::new()).unwrap();
    let message = refused(&workshop, &[first, slow], &SETTINGS);
    assert!(message.contains("1h") && message.contains("4h"), "{message}");
}
