//! Bars that can't be predicted are refused with what is wrong with them.

use market::Timeframe;

use crate::bench::{Bench, csv, market, required_bars};

#[test]
fn a_missing_or_empty_file() {
    let bench = Bench::new();
    assert!(bench.refused("forest", "nowhere.csv").contains("nowhere.csv"));
    bench.write("bars.csv", "");
    assert!(bench.refused("forest", "bars.csv").contains("is empty"));
    bench.write("bars.csv", "timestamp,open,high,low,close,volume\n");
    assert!(bench.refused("forest", "bars.csv").contains("no bars"));
}

#[test]
fn bad_rows_are_named_by_their_line() {
    let bench = Bench::new();
    let good: Vec<String> = bench.read("bars.csv").lines().map(str::to_owned).collect();
    let cell = |column: usize, value: &str| {
        let mut cells: Vec<&str> = good[200].split(',').collect();
        cells[column] = value;
        cells.join(",")
    };
    for bad in
        [cell(4, "NaN"), cell(4, "-1"), cell(2, "0.01"), good[199].clone(), good[100].clone(), cell(0, "x")]
    {
        let mut lines = good.clone();
        lines[200].clone_from(&bad);
        bench.write("bad.csv", lines.join("\n"));
        let message = bench.refused("forest", "bad.csv");
        assert!(message.contains("bad.csv line 201"), "{bad}: {message}");
    }
}

#[test]
fn bars_of_another_length_need_a_word() {
    let bench = Bench::new();
    for timeframe in [Timeframe::DAY, Timeframe::MINUTE] {
        bench.write("other.csv", csv(&market(300, timeframe)));
        let message = bench.refused("forest", "other.csv");
        for part in ["other.csv", &timeframe.to_string(), "1h", "--any-timeframe"] {
            assert!(message.contains(part), "no `{part}` in: {message}");
        }
        bench.predicted("forest", "other.csv", "anyway.jsonl", &["--any-timeframe"]);
        let predicted = bench.read("anyway.jsonl").lines().count();
        assert_eq!(predicted, 300 - required_bars(&bench.path("forest/0.1.0")) + 1);
    }
}

/// The number it asks for is enough, and one bar less is not.
#[test]
fn too_few_bars() {
    let bench = Bench::new();
    let text = bench.read("bars.csv");
    let lines: Vec<&str> = text.lines().collect();
    for model in ["forest", "lstm"] {
        let needed = required_bars(&bench.path(&format!("{model}/0.1.0")));
        bench.write("short.csv", lines[..needed].join("\n"));
        let message = bench.refused(model, "short.csv");
        assert!(message.contains(&format!("{} bars", needed - 1)), "{message}");
        assert!(message.contains(&format!("needs {needed} bars")), "{message}");
        bench.write("short.csv", lines[..=needed].join("\n"));
        bench.predicted(model, "short.csv", "enough.jsonl", &[]);
        assert_eq!(bench.read("enough.jsonl").lines().count(), 1);
    }
}

/// Behind a long hole the warm-up starts again: many bars, but none with enough past.
#[test]
fn enough_bars_but_for_holes() {
    let bench = Bench::new();
    let needed = required_bars(&bench.path("forest/0.1.0"));
    let text = bench.read("bars.csv");
    let kept = text.lines().enumerate().filter(|(line, _)| *line == 0 || line % (needed + 5) < needed - 1);
    let kept: Vec<&str> = kept.map(|(_, line)| line).collect();
    bench.write("holes.csv", kept.join("\n"));
    assert!(bench.refused("forest", "holes.csv").contains(&format!("needs {needed} bars")));
}

/// What was there stays when the new prediction fails.
#[test]
fn an_earlier_output_is_kept() {
    let bench = Bench::new();
    bench.predicted("forest", "bars.csv", "kept.jsonl", &[]);
    let before = bench.read("kept.jsonl");
    let failed = bench.predict("forest", "nowhere.csv", "kept.jsonl", &[]);
    assert_eq!(failed.status.code(), Some(2));
    assert_eq!(bench.read("kept.jsonl"), before);
}

#[test]
fn an_output_that_cannot_be_written() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.path("taken/inside")).unwrap();
    let message = crate::bench::one_line(&bench.predict("forest", "bars.csv", "taken", &[]));
    assert!(message.contains("taken"), "{message}");
}
