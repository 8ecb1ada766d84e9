//! `trainer search` as a user meets it.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::bench::{Bench, one_line};

const SEARCH: &str = r#"name = "small-search"
config = "small.toml"
trials = 8
batch = 2
startup = 4
seed = 3

[space]
"random_forest.min_leaf" = { low = 5, high = 200, log = true, integer = true }
"random_forest.max_features" = { low = 0.1, high = 1.0 }
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    assert!(bench.run(&["synth", "--bars", "3000", "--out", "bars.csv"]).status.success());
    let config =
        format!("{}\n[features]\nsets = [\"seed43\"]\n\n[data]\npath = \"bars.csv\"\n", crate::bench::CONFIG);
    bench.write("small.toml", config);
    bench.write("search.toml", SEARCH);
    bench
}

fn directory(bench: &Bench, out: &str) -> PathBuf {
    let mut found = fs::read_dir(bench.path(out).join("searches")).unwrap();
    found.next().unwrap().unwrap().path()
}

/// Every trial but its seconds.
fn trials(bench: &Bench, out: &str) -> Vec<String> {
    let text = fs::read_to_string(directory(bench, out).join("trials.csv")).unwrap();
    text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
}

#[test]
fn a_search_is_resumed_judged_on_the_holdout_and_counted() {
    let bench = bench();
    let whole = bench.run(&["search", "--config", "search.toml", "--out", "whole", "--quiet", "--json"]);
    assert!(matches!(whole.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&whole.stderr));
    let said: Value = serde_json::from_slice(&whole.stdout).unwrap();
    assert_eq!(said["trials"], 8);
    assert!(said["holdout"]["rows"].as_u64().unwrap() > 300, "{said}");
    assert!(said["verdict"].as_str().unwrap().contains("rows that no trial saw"));

    // As a kill leaves it: three trials and half a line.
    let kept = directory(&bench, "whole");
    let again = bench.path("again/searches").join(kept.file_name().unwrap());
    fs::create_dir_all(&again).unwrap();
    let text = fs::read_to_string(kept.join("trials.jsonl")).unwrap();
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    fs::write(again.join("trials.jsonl"), &text[..ends[2] + 40]).unwrap();
    let resumed = bench.run(&["search", "--config", "search.toml", "--out", "again", "--threads", "1"]);
    let progress = String::from_utf8(resumed.stderr).unwrap();
    assert!(progress.contains("going on with 3 trials"), "{progress}");
    assert_eq!(trials(&bench, "whole"), trials(&bench, "again"));
    let best = |out: &str| fs::read_to_string(directory(&bench, out).join("best.toml")).unwrap();
    assert_eq!(best("whole"), best("again"));
    assert!(best("whole").contains("min_leaf"));
    assert!(fs::read_to_string(kept.join("search.html")).unwrap().contains("rows that no trial saw"));

    // The best values are a config, and the run knows how often was tried.
    let config = kept.join("best.toml").display().to_string();
    let trained = bench.run(&["--config", &config, "--out", "whole", "--quiet", "--json"]);
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
    let said: Value = serde_json::from_slice(&trained.stdout).unwrap();
    let report = fs::read_to_string(bench.path(said["report_json"].as_str().unwrap())).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["trials"]["on_this_data"], 9, "eight trials and this run");
}

#[test]
fn a_fault_names_its_line_or_key() {
    let bench = bench();
    for (from, to, expected) in [
        ("trials = 8", "trials = 0", "broken.toml:3: trials: 0 is not between"),
        ("low = 5", "low = 500", "broken.toml:9: random_forest.min_leaf: low is 500"),
        ("startup", "start", "broken.toml:5: unknown field `start`"),
        ("random_forest.min_leaf", "random_forest.leaves", "unknown field `leaves`"),
        ("config = \"small.toml\"", "config = \"none.toml\"", "there is no config none.toml"),
        ("seed = 3", "model = \"lstm\"", "lstm is none of random_forest"),
    ] {
        bench.write("broken.toml", SEARCH.replace(from, to));
        let line = one_line(&bench.run(&["search", "--config", "broken.toml", "--out", "out", "--quiet"]));
        assert!(line.contains(expected), "{line}");
    }
    assert!(!bench.path("out").exists());
}
