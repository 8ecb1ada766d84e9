//! The committed documentation is what the code says.

use std::collections::HashSet;
use std::path::Path;

use features::documentation;

/// The text that the code generates for 5-minute bars.
fn generated() -> String {
    documentation("5m".parse().unwrap()).unwrap()
}

/// The cells of every row of every table that lists features.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (tables, _) = text.split_once("## Where definitions differ").unwrap();
    tables
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.replace("\\|", "¦").split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

#[test]
fn the_committed_file_is_what_the_code_generates() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/features.md");
    let committed = std::fs::read_to_string(path).unwrap();
    let generated = generated();
    let advice = "docs/features.md is out of date; regenerate it with \
                  `cargo run -p features --example document > docs/features.md`";
    for (number, (committed, generated)) in committed.lines().zip(generated.lines()).enumerate() {
        assert_eq!(committed, generated, "{advice} (line {})", number + 1);
    }
    assert!(committed == generated, "{advice} (its length differs)");
}

#[test]
fn every_row_is_complete() {
    let text = generated();
    let rows = rows(&text);
    let mut names = HashSet::new();
    for row in &rows {
        assert_eq!(row.len(), 10, "{row:?} has a cell too many or too few");
        assert!(names.insert(row[1].clone()), "{} is listed twice", row[1]);
        assert!(row[1..9].iter().all(|cell| !cell.is_empty()), "{row:?} has an empty cell");
        let [first, settled] = [6, 7].map(|cell| row[cell].trim_end_matches('†').parse::<usize>().unwrap());
        assert!(1 <= first && first <= settled, "{row:?}");
        assert_ne!(row[8], "—", "{} is in no set: name its set in `SETS` in sets.rs", row[1]);
    }
    assert!(rows.len() >= 300);
}

#[test]
fn what_depends_on_the_timeframe_is_marked() {
    let text = generated();
    let marked: Vec<String> = rows(&text)
        .into_iter()
        .filter(|row| row[6].contains('†') || row[7].contains('†'))
        .map(|row| row[1].clone())
        .collect();
    for name in ["`rv_12_log_ratio`", "`rv_12_percentile`"] {
        assert!(marked.iter().any(|marked| marked == name), "{name} is not marked");
    }
    assert!(!marked.iter().any(|marked| marked == "`rsi`"));
}
