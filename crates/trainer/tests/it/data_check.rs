//! `trainer data check` and its three exit codes.

use serde_json::Value;

use crate::bench::{Bench, one_line};

#[test]
fn clean_bars_pass() {
    let bench = Bench::new();
    let output = bench.run(&["data", "check", "bars.csv"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("2,000") && text.contains("fingerprint"), "{text}");
}

#[test]
fn unusable_rows_are_counted_and_answered_with_one() {
    let bench = Bench::new();
    let mut lines = bench.bars();
    lines.insert(500, lines[499].clone());
    let mut cells: Vec<&str> = lines[800].split(',').collect();
    cells[3] = "-1";
    lines[800] = cells.join(",");
    bench.write("bars.csv", lines.join("\n"));
    let output = bench.run(&["data", "check", "bars.csv", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["duplicates"], 1);
    assert_eq!(report["invalid_bars"], 1);
    assert_eq!(report["out_of_order"], 0);
    assert_eq!(report["rows"], 2001);
    assert_eq!(report["bars"], 1999);
}

#[test]
fn json_alone_is_on_standard_output() {
    let bench = Bench::new();
    let output = bench.run(&["data", "check", "bars.csv", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["symbol"], "bars");
    assert_eq!(report["timeframe"], "1h");
}

#[test]
fn what_cannot_be_read_fails() {
    let bench = Bench::new();
    assert!(one_line(&bench.run(&["data", "check", "nowhere.csv"])).contains("nowhere.csv"));
    bench.write("bars.csv", "a,b\n1,2\n");
    assert!(one_line(&bench.run(&["data", "check", "bars.csv", "--json"])).contains("line 1"));
}
