//! Files whose checksum is right and whose contents are not.

use crate::fetching::Bench;
use crate::publication::{Publication, zipped};

const CSV: &str = "BTCUSDT-1h-2024-01.csv";

/// Publishes bytes as January, and returns why they are refused.
fn refused(make: impl Fn(&Publication) -> Vec<u8>) -> String {
    let mut bench = Bench::new(Publication::spot("1h", 3_600_000), "2024-06-01");
    bench.bars.publish_zip(&bench.server, "2024-01", &make(&bench.bars));
    let error = bench.fetch("2024-01", Some("2024-01")).unwrap_err().to_string();
    assert_eq!(bench.text(), None);
    assert_eq!(bench.part_names(), [] as [&str; 0], "{error}");
    assert!(error.contains("BTCUSDT-1h-2024-01.zip"), "{error}");
    assert_eq!(bench.server.names().len(), 2, "asking again does not help");
    error
}

fn assert_says(error: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| error.contains(part)), "{error}");
}

#[test]
fn what_is_no_zip_archive() {
    assert_says(&refused(|_| b"<html>Sorry</html>".to_vec()), &["no zip archive"]);
    let cut = |bars: &Publication| {
        let bytes = zipped(&[(CSV, &bars.csv("2024-01"))]);
        bytes[..bytes.len() / 2].to_vec()
    };
    assert_says(&refused(cut), &["no zip archive"]);
}

#[test]
fn other_files_than_the_one_expected() {
    let text = |bars: &Publication| bars.csv("2024-01");
    let other = |bars: &Publication| zipped(&[("ETHUSDT-1h-2024-01.csv", &text(bars))]);
    assert_says(&refused(other), &["should hold BTCUSDT-1h-2024-01.csv alone", "ETHUSDT-1h-2024-01.csv"]);
    let two = |bars: &Publication| zipped(&[(CSV, &text(bars)), ("../evil.csv", "x")]);
    assert_says(&refused(two), &["alone", "../evil.csv"]);
    assert_says(&refused(|_| zipped(&[])), &["holds nothing"]);
}

#[test]
fn rows_of_another_month() {
    let february = |bars: &Publication| zipped(&[(CSV, &bars.csv("2024-02"))]);
    assert_says(&refused(february), &["line 1", "2024-02-01 00:00:00 does not lie in 2024-01"]);
}

#[test]
fn rows_that_are_no_klines() {
    let edited = |edit: fn(&mut Vec<String>)| {
        move |bars: &Publication| {
            let mut lines: Vec<String> = bars.csv("2024-01").lines().map(str::to_owned).collect();
            edit(&mut lines);
            zipped(&[(CSV, &lines.join("\n"))])
        }
    };
    assert_says(
        &refused(edited(|lines| lines[4] = "1,2,3".to_owned())),
        &["line 5", "3 columns instead of 12"],
    );
    assert_says(&refused(edited(|lines| lines.swap(7, 8))), &["line 9", "not in order"]);
    assert_says(&refused(edited(|lines| lines[2] = lines[1].clone())), &["line 3", "not in order"]);
    let no_number = edited(|lines| lines[0] = lines[0].replacen("30", "3O", 1));
    assert_says(&refused(no_number), &["line 1", "not a number"]);
}
