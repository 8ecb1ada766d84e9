//! Every way a file can be wrong names the file, the line and what to do.

use std::path::Path;

use data::{Action, LoadOptions, QualityPolicy, load};

use crate::files::{HEADER, Written, file, gzip, loaded, refused, row};

fn message(content: impl AsRef<[u8]>) -> String {
    message_with(content, &LoadOptions::default())
}

fn message_with(content: impl AsRef<[u8]>, options: &LoadOptions) -> String {
    refused(loaded(content, options), Path::new("bars.csv"))
}

/// The message for a bad third row, which is on line 4.
fn third_row(bad: &str) -> String {
    let text = message(format!("{}{bad}\n{}", file(0..2), row(3)));
    assert!(text.contains("bars.csv line 4: "), "{text}");
    text
}

fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` in: {text}");
    }
}

#[test]
fn what_is_no_file() {
    let written = Written::new("bars.csv", "");
    let missing = written.path.with_file_name("nothing.csv");
    assert_has(&refused(load(&missing, &LoadOptions::default()), &missing), &["does not exist"]);
}

#[test]
fn what_is_no_text() {
    for (name, content, found) in [
        ("bars.arrow", b"ARROW1rest".as_slice(), "an Arrow file"),
        ("bars.csv.zst", b"\x28\xb5\x2f\xfdrest".as_slice(), "a Zstandard file"),
    ] {
        let written = Written::new(name, content);
        assert_has(
            &refused(written.load(), &written.path),
            &[found, "only CSV (plain, gzip or zip) and Parquet are read"],
        );
    }
    let mut latin = file(0..2).into_bytes();
    latin.extend(b"1704067320000,10,12,9,11,5\xe9\n");
    assert_has(&message(latin), &["bars.csv line 4: ", "UTF-8"]);
    assert_has(&message(b"\xff\xfet\0i\0m\0e\0"), &["line 1: ", "UTF-8"]);
}

#[test]
fn damaged_gzip() {
    let whole = gzip(file(0..5000).as_bytes());
    let truncated = message(&whole[..whole.len() / 2]);
    assert_has(&truncated, &["bars.csv line ", "ends in the middle", "again"]);
    let line: u64 = truncated.split("line ").nth(1).unwrap().split(':').next().unwrap().parse().unwrap();
    assert!((2..5000).contains(&line), "{truncated}");
    let mut damaged = whole;
    let checksum = damaged.len() - 6;
    damaged[checksum] ^= 1;
    assert_has(&message(damaged), &["damaged", "again"]);
}

#[test]
fn nothing_in_it() {
    for content in ["", "\n\r\n  \n", "\u{feff}"] {
        assert_has(&message(content), &["is empty"]);
    }
    assert_has(&message(gzip(b"")), &["is empty"]);
    assert_has(&message(HEADER), &["header", "no bars"]);
    assert_has(&message(row(0)), &["only one bar", "set data.timeframe"]);
}

#[test]
fn wrong_columns() {
    let text = message("time,open,high,low,close\n1,2,3,4,5\n");
    assert_has(
        &text,
        &["bars.csv line 1: ", "column volume is missing", "found are time, open, high, low, close"],
    );
    assert_has(
        &message("a\n\"b\nc\",2\n"),
        &["line 1: ", "time, open, high, low, close, volume are missing"],
    );
    assert_has(&message("1704067200000,10,12,9,11\n"), &["line 1: ", "6 columns", "12, not 5", "header"]);
    let options = LoadOptions { extra_columns: vec!["label".into()], ..LoadOptions::default() };
    let text = message_with(file(0..2), &options);
    assert_has(&text, &["line 1: ", "no column \"label\"", "name one of timestamp, open, high"]);
}

#[test]
fn rows_that_are_no_rows() {
    assert_has(&third_row("1704067320000,10,12,9,11"), &["5 columns instead of 6"]);
    assert_has(&third_row("1704067320000,10,12,9,11,5,6"), &["7 columns instead of 6"]);
    assert_has(&third_row("1704067320000,10,1_2,9,11,5"), &["high is \"1_2\", not a number"]);
    assert_has(&third_row("1704067320000,10,12,9,11,\"5"), &["volume is ", "not a number"]);
}

#[test]
fn line_numbers_are_physical() {
    let bad = "1704067260000,x,12,9,11,5";
    for (text, line) in [
        (format!("{HEADER}{}{bad}", row(0)), 3),
        (format!("{HEADER}{}{bad}\n", row(0)), 3),
        (format!("\n\n{HEADER}\n{}\n\n{bad}\n", row(0)), 8),
        (format!("{HEADER}{}{bad}\n", row(0)).replace('\n', "\r\n"), 3),
        (format!("{HEADER}\n{}\n{bad}\n", row(0)).replace('\n', "\r\n"), 5),
        (format!("{}{bad}\n", row(0)), 2),
    ] {
        assert_has(&message(text), &[&format!("bars.csv line {line}: open is \"x\"")]);
    }
}

#[test]
fn numbers_that_are_no_bar() {
    for (bad, detail) in [
        ("1704067320000,NaN,12,9,11,5", "open is \"NaN\", a missing value"),
        ("1704067320000,10,inf,9,11,5", "high is inf"),
        ("1704067320000,10,1e999,9,11,5", "high is inf"),
        ("1704067320000,10,12,0,11,5", "low is 0; prices must be above zero"),
        ("1704067320000,10,12,-9,11,5", "low is -9; prices must be above zero"),
        ("1704067320000,10,1.2,1.3,11,5", "high 1.2 is below low 1.3"),
        ("1704067320000,10,10.5,9,11,5", "high 10.5 is below the open or close 11"),
        ("1704067320000,10,12,10.5,11,5", "low 10.5 is above the open or close 10"),
        ("1704067320000,10,12,9,11,-5", "volume is -5"),
        ("1704067320000,,12,9,11,5", "open is empty"),
        ("1704067320000,null,12,9,11,5", "open is \"null\", a missing value"),
    ] {
        assert_has(&third_row(bad), &[detail, "set data.policy.invalid_bars = \"drop\""]);
    }
}

#[test]
fn times_that_are_no_times() {
    assert_has(&third_row("soon,10,12,9,11,5"), &["time is \"soon\", not a time"]);
    assert_has(&third_row("timestamp,open,high,low,close,volume"), &["time is \"timestamp\", not a time"]);
    let text = third_row("1704067320,10,12,9,11,5");
    assert_has(&text, &["\"1704067320\" is in epoch seconds", "began in epoch milliseconds"]);
    assert_has(&third_row("2024-01-01,10,12,9,11,5"), &["is in ISO-8601", "began in epoch milliseconds"]);
    assert_has(&third_row("7300000000000,10,12,9,11,5"), &["outside the years 1970 to 2200"]);
    assert_has(&message(format!("{HEADER}1969-12-31,10,12,9,11,5\n")), &["line 2: ", "1969-12-31 00:00:00"]);
    assert_has(&message(format!("{HEADER}-86400,10,12,9,11,5\n")), &["line 2: ", "outside the years"]);
}

#[test]
fn times_in_the_wrong_order() {
    assert_has(
        &message(file([0, 1, 2, 1])),
        &["bars.csv line 5: line 3 already has a bar", "duplicates = \"drop\""],
    );
    let text = message(file([0, 2, 1]));
    assert_has(&text, &["bars.csv line 4: ", "2024-01-01 00:01:00 comes after 2024-01-01 00:02:00"]);
    assert_has(&text, &["data.policy.out_of_order = \"drop\""]);
}

#[test]
fn holes_that_the_policy_forbids() {
    let policy = QualityPolicy { gaps: Action::Error, ..QualityPolicy::default() };
    let options = LoadOptions { policy, ..LoadOptions::default() };
    let text = message_with(file((0..300).chain(2290..2300)), &options);
    assert_has(
        &text,
        &["bars.csv line 302: 1,990 bars are missing", "more than 3", "data.policy.gaps = \"keep\""],
    );
    assert!(loaded(file((0..300).chain(303..320)), &options).is_ok());
}

#[test]
fn a_timeframe_that_is_not_the_files() {
    for (asked, minutes) in [("1h", 0..3), ("30s", 0..20)] {
        let options = LoadOptions { timeframe: Some(asked.parse().unwrap()), ..LoadOptions::default() };
        let text = message_with(file(minutes), &options);
        assert_has(&text, &["bars are 1m apart", asked, "set data.timeframe = \"1m\""]);
    }
}

#[test]
fn settings_that_cannot_be_carried_out() {
    let keep = QualityPolicy { duplicates: Action::Keep, ..QualityPolicy::default() };
    let drop = QualityPolicy { gaps: Action::Drop, ..QualityPolicy::default() };
    for (policy, key) in [(keep, "data.policy.duplicates"), (drop, "data.policy.gaps")] {
        let options = LoadOptions { policy, ..LoadOptions::default() };
        let text = loaded(file(0..2), &options).unwrap_err().to_string();
        assert_has(&text, &[key, "refused", "set \"error\" or"]);
    }
}
