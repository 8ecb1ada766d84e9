//! Bars that can't be trained on are refused with the place of the fault.

use crate::bench::{Bench, files};

/// The line of the file that is spoilt; the header is line 1.
const LINE: usize = 321;

/// What is said about `bars.csv` with one line changed.
fn with_line(change: impl Fn(&[String]) -> String) -> String {
    let bench = Bench::new();
    let mut lines = bench.bars();
    lines[LINE - 1] = change(&lines);
    bench.write("bars.csv", lines.join("\n"));
    bench.refused(&[])
}

/// What is said when one cell of the line holds something else.
fn with_cell(column: usize, value: &str) -> String {
    with_line(|lines| {
        let mut cells: Vec<&str> = lines[LINE - 1].split(',').collect();
        cells[column] = value;
        cells.join(",")
    })
}

fn assert_names(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "no `{part}` in: {message}");
    }
}

#[test]
fn a_missing_file() {
    let bench = Bench::new();
    assert_names(&bench.refused(&["--data", "nowhere.csv"]), &["nowhere.csv", "does not exist"]);
}

#[test]
fn a_directory() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("folder.csv")).unwrap();
    assert_names(&bench.refused(&["--data", "folder.csv"]), &["folder.csv", "is a directory"]);
}

#[test]
fn an_empty_file() {
    let bench = Bench::new();
    bench.write("bars.csv", "");
    assert_names(&bench.refused(&[]), &["bars.csv", "is empty"]);
}

#[test]
fn a_header_alone() {
    let bench = Bench::new();
    bench.write("bars.csv", &bench.bars()[0]);
    assert_names(&bench.refused(&[]), &["bars.csv", "no bars"]);
}

#[test]
fn wrong_columns() {
    let bench = Bench::new();
    let text = bench.bars().join("\n").replacen("open,high,low", "start,top,bottom", 1);
    bench.write("bars.csv", text);
    assert_names(&bench.refused(&[]), &["bars.csv line 1", "open, high", "start"]);
}

#[test]
fn damaged_gzip() {
    let bench = Bench::new();
    assert!(bench.run(&["synth", "--bars", "2000", "--out", "bars.csv.gz"]).status.success());
    let mut bytes = std::fs::read(bench.path("bars.csv.gz")).unwrap();
    bytes.truncate(bytes.len() / 2);
    bench.write("bars.csv.gz", bytes);
    assert_names(&bench.refused(&["--data", "bars.csv.gz"]), &["bars.csv.gz", "incomplete"]);
}

#[test]
fn prices_that_are_none() {
    let place = format!("line {LINE}");
    for bad in ["NaN", "inf", "-5.0", "0", "", "abc"] {
        assert_names(&with_cell(4, bad), &["bars.csv", &place, "close"]);
    }
}

#[test]
fn a_high_below_the_low() {
    let message = with_line(|lines| {
        let mut cells: Vec<&str> = lines[LINE - 1].split(',').collect();
        cells.swap(2, 3);
        cells.join(",")
    });
    assert_names(&message, &["bars.csv", &format!("line {LINE}"), "high", "low"]);
}

#[test]
fn a_time_twice() {
    let message = with_line(|lines| lines[LINE - 2].clone());
    assert_names(&message, &["bars.csv", &format!("line {LINE}"), &format!("line {}", LINE - 1)]);
}

#[test]
fn times_out_of_order() {
    let message = with_line(|lines| {
        let (time, rest) = lines[LINE - 1].split_once(',').unwrap();
        // Between two bars a day earlier, so that it is no duplicate.
        format!("{},{rest}", time.parse::<i64>().unwrap() - 24 * 3_600_000 + 1_800_000)
    });
    assert_names(&message, &["bars.csv", &format!("line {LINE}"), "not in order"]);
}

#[test]
fn a_row_cut_short() {
    let message = with_line(|lines| lines[LINE - 1].rsplit_once(',').unwrap().0.to_owned());
    assert_names(&message, &["bars.csv", &format!("line {LINE}"), "columns"]);
}

/// The number it asks for is enough, and one bar less is not.
#[test]
fn too_few_bars() {
    let bench = Bench::new();
    let lines = bench.bars();
    let first = |bars: usize| bench.write("short.csv", lines[..=bars].join("\n"));
    first(300);
    let message = bench.refused(&["--data", "short.csv"]);
    let (_, rest) = message.split_once("at least ").unwrap_or_else(|| panic!("no number in: {message}"));
    let needed: usize = rest.split(' ').next().unwrap().parse().unwrap();
    assert!(message.contains("300 bars") && (301..2000).contains(&needed), "{message}");
    first(needed - 1);
    bench.refused(&["--data", "short.csv"]);
    first(needed);
    let trained = bench.train(&["--data", "short.csv"]);
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
}

#[test]
fn the_timeframe_is_another() {
    let bench = Bench::new();
    assert_names(&bench.refused(&["--set", "data.timeframe=5m"]), &["bars.csv", "1h", "5m"]);
}

/// A refusal leaves what earlier runs wrote as it was.
#[test]
fn earlier_runs_stay_untouched() {
    let bench = Bench::new();
    assert!(bench.train(&[]).status.success());
    let before = files(&bench.path("out"));
    assert!(before.len() > 5);
    bench.write("bars.csv", "");
    assert_eq!(bench.train(&[]).status.code(), Some(2));
    assert_eq!(files(&bench.path("out")), before);
}
