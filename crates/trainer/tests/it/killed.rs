//! A run that is killed leaves nothing half-written under a final name, and the next run cleans up.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::bench::Bench;

/// Starts a run, waits for a line of progress that `is_it` recognises and `delay` more, and kills it.
fn kill_after(bench: &Bench, settings: &[&str], is_it: fn(&str) -> bool, delay: Duration) {
    let mut arguments = vec!["--config", "small.toml", "--data", "long.csv", "--out", "out", "--keep-folds"];
    // Fewer columns: what is being computed is not the subject.
    arguments.extend(["--features", "seed43"]);
    arguments.extend(settings);
    let mut child: Child =
        bench.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let found = lines.map_while(Result::ok).any(|line| is_it(&line));
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(found, "the run ended before it was killed");
}

/// Directories directly below `parent` that are published, and what is being staged.
fn entries(parent: &Path) -> (Vec<std::path::PathBuf>, usize) {
    let Ok(entries) = fs::read_dir(parent) else { return (Vec::new(), 0) };
    let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    let is_staging =
        |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".staging-"));
    let staged = paths.iter().filter(|path| is_staging(path)).count();
    (paths.into_iter().filter(|path| !is_staging(path)).collect(), staged)
}

/// Every bundle has its manifest and every run its report; answers with the number of leftovers.
fn assert_whole(bench: &Bench) -> usize {
    let out = bench.path("out");
    let (names, mut leftovers) = entries(&out.join("models"));
    for name in names {
        let (versions, staged) = entries(&name);
        leftovers += staged;
        for version in versions {
            pipeline::Bundle::load(&version).unwrap();
        }
    }
    let (runs, staged) = entries(&out.join("runs"));
    for run in runs {
        for file in ["report.json", "report.html", "run.json", "predictions.csv"] {
            assert!(run.join(file).is_file(), "{} has no {file}", run.display());
        }
        let report = fs::read(run.join("report.json")).unwrap();
        serde_json::from_slice::<serde_json::Value>(&report).unwrap();
    }
    leftovers + staged
}

fn bench_with_long_bars() -> Bench {
    let bench = Bench::new();
    assert!(bench.run(&["synth", "--bars", "20000", "--out", "long.csv"]).status.success());
    bench
}

fn assert_next_run_cleans_up(bench: &Bench) {
    let trained = bench.train(&[]);
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
    assert_eq!(assert_whole(bench), 0, "leftovers stay");
    let (runs, _) = entries(&bench.path("out/runs"));
    assert!(!runs.is_empty());
}

#[test]
fn while_it_fits() {
    let bench = bench_with_long_bars();
    let settings = ["--set", "random_forest.trees=100000"];
    // The features are done, so the first fold is being fitted.
    kill_after(&bench, &settings, |line| line.starts_with("features: "), Duration::from_millis(500));
    assert_eq!(assert_whole(&bench), 0, "nothing is staged before everything is computed");
    assert!(entries(&bench.path("out/models")).0.is_empty());
    assert_next_run_cleans_up(&bench);
}

/// After the economics everything is written; somewhere in there the kill strikes.
#[test]
fn while_it_writes() {
    let bench = bench_with_long_bars();
    let mut leftovers = 0;
    for delay in [0, 10, 20, 40, 80, 160, 320] {
        let settings = ["--set", "random_forest.trees=60", "--set", "random_forest.min_leaf=5"];
        kill_after(&bench, &settings, |line| line.starts_with("economics: "), Duration::from_millis(delay));
        leftovers += assert_whole(&bench);
    }
    assert!(leftovers > 0, "no kill struck while something was being written");
    assert_next_run_cleans_up(&bench);
}

/// What a dead process left in the places that a run writes to.
#[test]
fn leftovers_of_the_dead_are_removed() {
    let bench = Bench::new();
    // No process has the largest id that the kernel could give.
    for parent in ["out/runs", "out/models/random_forest"] {
        fs::create_dir_all(bench.path(parent).join(".staging-4194304-dead/inside")).unwrap();
    }
    assert_eq!(assert_whole(&bench), 2);
    assert_next_run_cleans_up(&bench);
}
