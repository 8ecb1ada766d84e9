//! `trainer compare`: two trained runs side by side, and what is no run.

use std::fs;

use serde_json::Value;

use crate::bench::{Bench, one_line};

/// The name of a new run in `out`.
fn trained(bench: &Bench, changes: &[&str]) -> String {
    let output = bench.train(&[&["--json"], changes].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    said["run"].as_str().unwrap().to_owned()
}

fn compared(bench: &Bench, arguments: &[&str]) -> String {
    let output = bench.run(&[&["compare", "--artifacts", "out"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

fn log_loss(bench: &Bench, run: &str) -> f64 {
    let text = fs::read(bench.path(&format!("out/runs/{run}/report.json"))).unwrap();
    let report: Value = serde_json::from_slice(&text).unwrap();
    report["models"][0]["metrics"]["log_loss"]["mean"].as_f64().unwrap()
}

#[test]
fn two_trained_runs_are_compared_row_by_row() {
    let bench = Bench::new();
    let small = trained(&bench, &[]);
    let large = trained(&bench, &["--set", "random_forest.trees=40"]);
    let text = compared(&bench, &[&small, &large, "--html", "page.html"]);
    let first = text.lines().next().unwrap();
    assert!(
        first.starts_with("random_forest of B ") && first.contains(" random_forest of A by log-loss: "),
        "{text}"
    );
    for part in ["random_forest.trees", "The same in all:\n  Bars: bars 1h", "A   majority", "page.html"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    let page = fs::read_to_string(bench.path("page.html")).unwrap();
    assert!(page.contains("2 runs side by side") && page.contains("random_forest.trees=40"));

    let directories = [&small, &large].map(|run| format!("out/runs/{run}"));
    let json = compared(&bench, &["--json", &directories[0], &directories[1]]);
    let said: Value = serde_json::from_str(&json).unwrap();
    let pair = &said["pairs"][0];
    // All rows are common, so the difference is that of the reports' scores.
    let expected = log_loss(&bench, &large) - log_loss(&bench, &small);
    assert!((pair["difference"]["log_loss"]["mean"].as_f64().unwrap() - expected).abs() < 1e-12, "{pair}");
    assert_eq!(pair["common_rows"], pair["rows"]);
    assert!(first.contains(&format!("nats on {} common rows", pair["common_rows"])), "{text}");
    assert_eq!(said["verdicts"][0], first);
    assert_eq!(compared(&bench, &["--json", &directories[0], &directories[1]]), json);
}

#[test]
fn other_labels_are_shown_and_not_paired() {
    let bench = Bench::new();
    let direction = trained(&bench, &[]);
    let volatility = trained(&bench, &["--set", "label.kind=volatility"]);
    let text = compared(&bench, &[&direction, &volatility]);
    assert!(
        text.starts_with(
            "B can't be compared with A row by row: the label is forward_direction, 6 bars ahead in A and volatility, \
             6 bars ahead in B; the classes are bearish, neutral, bullish in A and low, high in B."
        ),
        "{text}"
    );
    assert!(text.contains("A random_forest") && text.contains("B random_forest"), "{text}");
}

#[test]
fn what_is_no_run_is_refused_in_one_line() {
    let bench = Bench::new();
    let run = trained(&bench, &[]);
    let refused = |runs: &[&str]| one_line(&bench.run(&[&["compare", "--artifacts", "out"], runs].concat()));
    let message = refused(&[&run, "nothing"]);
    assert!(message.contains("no run nothing") && message.contains(&run), "{message}");
    assert!(refused(&[&run, "out/runs/nothing"]).contains("there is no run at out/runs/nothing"));
    assert!(refused(&[&run, &run]).contains("is the same run as"));
    assert!(refused(&[&run]).contains("trainer --help"));
    let report = format!("out/runs/{run}/report.json");
    assert!(refused(&[&run, "bars.csv", "--html", &report]).contains("name another file with --html"));
    assert!(refused(&[&run, "bars.csv"]).contains("bars.csv:1: the report is damaged"));
    let text = fs::read_to_string(bench.path(&report)).unwrap();
    fs::create_dir(bench.path("cut")).unwrap();
    bench.write("cut/report.json", &text[..text.len() / 2]);
    let message = refused(&[&run, "cut"]);
    assert!(message.contains("cut/report.json:") && message.contains("copy the run again"), "{message}");
    bench.write("cut/report.json", text.replace("\"format_version\": 1,", "\"format_version\": 2,"));
    assert!(refused(&[&run, "cut"]).contains("newer program"));
}

#[test]
fn help_shows_how() {
    let output = Bench::new().run(&["compare", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["trainer compare", "--html", "--artifacts", "Exit codes: 0 done, 2 failed", "row by row"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}
