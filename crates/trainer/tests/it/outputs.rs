//! What is written never destroys what is read, and is what its name says.

use crate::bench::{Bench, one_line};

#[test]
fn an_input_is_never_overwritten() {
    let bench = Bench::new();
    let before = bench.bars();
    for arguments in [
        &["features", "--data", "bars.csv", "--features", "rsi", "--out", "bars.csv"][..],
        &["data", "resample", "--data", "bars.csv", "--to", "4h", "--out", "./bars.csv"],
    ] {
        let message = one_line(&bench.run(arguments));
        assert!(message.contains("one of the files that are read"), "{message}");
        assert_eq!(bench.bars(), before);
    }
}

#[test]
fn a_form_that_can_not_be_written_is_refused() {
    let bench = Bench::new();
    for arguments in [
        &["data", "resample", "--data", "bars.csv", "--to", "4h", "--out", "four.csv.zip"][..],
        &["synth", "--bars", "100", "--out", "market.txt"],
    ] {
        let message = one_line(&bench.run(arguments));
        assert!(message.contains(".csv, .csv.gz or .parquet"), "{message}");
    }
    let output =
        bench.run(&["data", "resample", "--data", "bars.csv", "--to", "4h", "--out", "four.parquet"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(bench.run(&["data", "check", "four.parquet"]).status.code(), Some(0));
}

#[test]
fn a_place_that_can_not_be_written_is_found_before_training() {
    let bench = Bench::new();
    bench.write("taken", "a file");
    // The bars are not even looked for.
    let message = one_line(&bench.run(&[
        "--quiet",
        "--config",
        "small.toml",
        "--data",
        "nowhere.csv",
        "--out",
        "taken/out",
    ]));
    assert!(message.contains("taken") && !message.contains("nowhere"), "{message}");
}

#[test]
fn bars_with_the_newest_first_are_to_be_sorted() {
    let bench = Bench::new();
    let mut lines = bench.bars();
    lines[1..].reverse();
    bench.write("bars.csv", lines.join("\n"));
    for arguments in [
        &["data", "check", "bars.csv"][..],
        &["data", "resample", "--data", "bars.csv", "--to", "4h", "--out", "four.csv"],
    ] {
        let message = one_line(&bench.run(arguments));
        assert!(message.contains("oldest first"), "{message}");
    }
}

#[test]
fn reading_can_be_changed_where_bars_are_read() {
    let bench = Bench::new();
    let mut lines = bench.bars();
    lines[300] = lines[300].replace(',', ",-");
    bench.write("bars.csv", lines.join("\n"));
    let resample = ["data", "resample", "--data", "bars.csv", "--to", "4h", "--out", "four.csv"];
    assert!(one_line(&bench.run(&resample)).contains("data.policy.invalid_bars"));
    let drop = ["--set", "data.policy.invalid_bars=drop"];
    assert_eq!(bench.run(&[&resample[..], &drop].concat()).status.code(), Some(0));
}

#[test]
fn a_feature_that_is_not_there_has_a_neighbour() {
    let bench = Bench::new();
    let features = |name: &str| {
        ["features", "--quiet", "--data", "bars.csv", "--features", name, "--out", "f.csv"].map(str::to_owned)
    };
    let run = |name: &str| bench.run(&features(name).iter().map(String::as_str).collect::<Vec<_>>());
    let message = one_line(&run("rsy"));
    assert!(message.contains("did you mean `rsi`") && message.len() < 300, "{message}");
    assert_eq!(run("rsi, atr").status.code(), Some(0));
}
