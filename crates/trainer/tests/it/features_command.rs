//! `trainer features`: bars in, a table of features out.

use std::io::Read;

use data::LoadOptions;
use features::{FeatureSet, FeatureSpec, FeatureTable};
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::bench::{Bench, one_line};

/// The table that a command writes to `table.csv`: header and cells.
fn table(bench: &Bench, arguments: &[&str]) -> (Vec<String>, Vec<Vec<String>>) {
    let mut all = vec!["features", "--quiet", "--out", "table.csv"];
    all.extend(arguments);
    let output = bench.run(&all);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    rows_of(&std::fs::read_to_string(bench.path("table.csv")).unwrap())
}

fn rows_of(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect());
    (lines.next().unwrap(), lines.collect())
}

fn set(sets: &[&str], bench: &Bench) -> (data::LoadedBars, FeatureTable) {
    let loaded = data::load(&bench.path("bars.csv"), &LoadOptions::default()).unwrap();
    let sets = sets.iter().map(|&set| set.to_owned()).collect();
    let spec = FeatureSpec { sets, keep_duplicates: true, ..FeatureSpec::default() };
    let set = FeatureSet::resolve(&spec, loaded.series.timeframe()).unwrap();
    let table = FeatureTable::compute(&set, &loaded.series, |_| {});
    (loaded, table)
}

/// Every cell reads back to the bits that models learn from, and is empty where there is no value yet.
#[test]
fn the_seed_set_with_all_its_names() {
    let bench = Bench::new();
    let (header, rows) = table(&bench, &["--data", "bars.csv", "--features", "seed43"]);
    let (loaded, expected) = set(&["seed43"], &bench);
    assert_eq!(header[..2], ["open_time", "close"]);
    assert_eq!(header.len(), 45);
    assert!(header[2..].iter().map(String::as_str).eq(expected.schema().names()));
    assert_eq!(rows.len(), 2000);
    let mut empty = 0;
    for (bar, (row, of)) in rows.iter().zip(loaded.series.bars()).enumerate() {
        assert_eq!(row[0], of.open_time.millis().to_string());
        assert_eq!(row[1].parse::<f64>().unwrap().to_bits(), of.close.to_bits());
        for (column, cell) in row[2..].iter().enumerate() {
            let cell = (!cell.is_empty()).then(|| cell.parse::<f64>().unwrap().to_bits());
            empty += usize::from(cell.is_none());
            assert_eq!(cell, expected.value(bar, column).map(f64::to_bits), "{bar} {}", header[column + 2]);
        }
    }
    let first: usize = expected.schema().columns().iter().map(|column| column.first - 1).sum();
    assert_eq!(empty, first);
}

#[test]
fn the_extended_set_is_the_default_and_sets_can_be_joined() {
    let bench = Bench::new();
    let (header, _) = table(&bench, &["--data", "bars.csv"]);
    assert!(header[2..].iter().map(String::as_str).eq(set(&["extended"], &bench).1.schema().names()));
    let (header, _) = table(&bench, &["--data", "bars.csv", "--features", "rsi,returns_10,hour_sin"]);
    assert_eq!(header, ["open_time", "close", "rsi", "returns_10", "hour_sin"]);
}

#[test]
fn a_config_brings_features_and_label() {
    let bench = Bench::new();
    let (header, rows) =
        table(&bench, &["--config", "small.toml", "--data", "bars.csv", "--features", "rsi"]);
    assert_eq!(header, ["open_time", "close", "rsi", "label", "label_from", "label_until"]);
    let classes = ["bearish", "neutral", "bullish", ""];
    for (bar, row) in rows.iter().enumerate() {
        assert!(classes.contains(&row[3].as_str()), "{}", row[3]);
        // The default standard deviation takes 96 returns; the label looks six bars ahead.
        assert_eq!(row[3].is_empty(), !(96..2000 - 6).contains(&bar), "{bar}");
        let ahead = |bars: usize| rows.get(bar + bars).map(|row| row[0].clone()).unwrap_or_default();
        if !row[3].is_empty() {
            assert_eq!([&row[4], &row[5]], [&ahead(1), &ahead(6)]);
        }
    }
    let (header, _) = table(&bench, &["--config", "small.toml", "--data", "bars.csv", "--no-label"]);
    assert!(!header.contains(&"label".to_owned()));
}

#[test]
fn rows_can_be_left_out() {
    let bench = Bench::new();
    let (_, expected) = set(&["rsi"], &bench);
    let settled = expected.schema().settled();
    let base = ["--data", "bars.csv", "--features", "rsi", "--label", "forward_direction"];
    let (_, rows) = table(&bench, &[&base[..], &["--settled-only"]].concat());
    assert_eq!(rows.len(), 2000 - (settled - 1));
    let kept = ["--drop-unlabelled", "--set", "label.horizon=24"];
    let (_, rows) = table(&bench, &[&base[..], &kept].concat());
    assert_eq!(rows.len(), 2000 - 96 - 24);
    assert!(rows.iter().all(|row| !row[3].is_empty()));
}

#[test]
fn the_ending_says_the_form() {
    let bench = Bench::new();
    let plain = table(&bench, &["--data", "bars.csv", "--features", "seed43"]);
    for name in ["new/table.csv.gz", "table.parquet"] {
        let output =
            bench.run(&["features", "--data", "bars.csv", "--features", "seed43", "--quiet", "--out", name]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut text = String::new();
    let packed = std::fs::File::open(bench.path("new/table.csv.gz")).unwrap();
    GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    assert_eq!(rows_of(&text), plain);
    let parquet = std::fs::read(bench.path("table.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
}

#[test]
fn the_summary_is_text_or_json() {
    let bench = Bench::new();
    let arguments =
        ["features", "--data", "bars.csv", "--features", "rsi,vol_20", "--out", "t.csv", "--quiet"];
    let text = String::from_utf8(bench.run(&arguments).stdout).unwrap();
    assert!(text.contains("2,000 rows") && text.contains("2 features") && text.contains("t.csv"), "{text}");
    let hmm = ["--json", "--label", "hmm"];
    let output = bench.run(&[&arguments[..], &hmm].concat());
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = set(&["rsi", "vol_20"], &bench).1.schema().clone();
    assert_eq!(summary["rows"], 2000);
    assert_eq!(summary["features"], serde_json::json!(["rsi", "vol_20"]));
    assert_eq!(summary["schema_hash"], schema.hash());
    assert_eq!(summary["first"], schema.first());
    assert_eq!(summary["settled"], schema.settled());
    assert_eq!(summary["label"]["kind"], "hmm");
    assert_eq!(summary["label"]["fitted_on_bars"], 1000);
    assert!(summary["label"]["labelled_rows"].as_u64().unwrap() > 1000);
}

#[test]
fn what_makes_no_sense_is_one_line_and_writes_nothing() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("folder.csv")).unwrap();
    for (arguments, parts) in [
        (&["--features", "astrology"][..], &["astrology", "seed43"][..]),
        (&["--out", "folder.csv"], &["folder.csv"]),
        (&["--out", "bars.csv/inside.csv"], &["bars.csv"]),
        (&["--out", "table.xlsx"], &["table.xlsx", ".parquet"]),
        (&["--data", "nowhere.csv"], &["nowhere.csv"]),
        (&["--label", "sideways"], &["sideways", "forward_direction"]),
        (&["--label", "provided"], &["label.column"]),
        (&["--drop-unlabelled"], &["--label"]),
        (&["--config", "none.toml"], &["none.toml"]),
        (&["--set", "label.horizon=0"], &["label.horizon"]),
    ] {
        let mut all = vec!["features", "--quiet"];
        for (name, value) in [("--data", "bars.csv"), ("--out", "table.csv")] {
            if !arguments.contains(&name) {
                all.extend([name, value]);
            }
        }
        all.extend(arguments);
        let message = one_line(&bench.run(&all));
        for part in parts {
            assert!(message.contains(part), "no `{part}` in: {message}");
        }
        assert!(!bench.path("table.csv").exists() && !bench.path("table.xlsx").exists(), "{arguments:?}");
        let left = std::fs::read_dir(bench.path("")).unwrap();
        let staged = left
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".staging-"));
        assert_eq!(staged.count(), 0, "{arguments:?}");
    }
    assert!(one_line(&bench.run(&["features", "--out", "t.csv"])).contains("--data"));
    assert!(one_line(&bench.run(&["features", "--data", "bars.csv"])).contains("--out"));
}

#[test]
fn the_help_teaches() {
    let output = Bench::new().run(&["features", "--help"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["open_time", "label_until", "--settled-only", ".parquet", "Examples:", "Exit codes: 0"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

/// Each fold's rows are told apart, in order of time, with nothing between them but what is purged.
#[test]
fn folds_are_the_ones_that_a_run_fits() {
    let bench = Bench::new();
    let (header, rows) = table(&bench, &["--config", "small.toml", "--data", "bars.csv", "--folds"]);
    let folds: Vec<usize> = (0..header.len())
        .filter(|&c| header[c].starts_with("fold_") && !header[c].ends_with("label"))
        .collect();
    assert!(folds.len() >= 2, "{header:?}");
    let label = header.iter().position(|name| name == "label").unwrap();
    for (number, &column) in folds.iter().enumerate() {
        assert_eq!(header[column..column + 2], [format!("fold_{number}"), format!("fold_{number}_label")]);
        let at = |part: &str| (0..rows.len()).filter(|&row| rows[row][column] == part).collect::<Vec<_>>();
        let (train, held_back, test) = (at("train"), at("early_stopping"), at("test"));
        let sizes = [train.len(), held_back.len(), test.len()];
        assert!(sizes.iter().all(|n| *n > 20), "fold {number}: {sizes:?}");
        assert!(train.last() < held_back.first() && held_back.last() < test.first());
        for row in &rows {
            assert_eq!(row[column].is_empty(), row[column + 1].is_empty());
            assert!(row[column + 1].is_empty() || row[column + 1] == row[label]);
        }
        if let Some(&before) = number.checked_sub(1).and_then(|before| folds.get(before)) {
            let last = (0..rows.len()).rfind(|&row| rows[row][before] == "test").unwrap();
            assert!(last < test[0], "test blocks follow each other");
        }
    }
    let error = bench.run(&["features", "--data", "bars.csv", "--folds", "--out", "x.csv"]);
    assert!(!error.status.success() && one_line(&error).contains("--config"), "{}", one_line(&error));
}
