//! Months and days that the archive has.

use exchange::Product;

use crate::fetching::Bench;
use crate::publication::{Publication, at};

#[test]
fn two_months_become_one_file() {
    let mut bench = Bench::hourly();
    let fetched = bench.fetch("2024-01", Some("2024-02")).unwrap();
    bench.assert_holds("2024-01-01", at("2024-03-01"));
    assert_eq!((fetched.bars, fetched.missing_bars, fetched.archive_months), (60 * 24, 0, 2));
    assert_eq!(
        (fetched.first.millis(), fetched.last.millis()),
        (at("2024-01-01"), at("2024-03-01") - 3_600_000)
    );
    assert!(fetched.days_without_bars.is_empty());
    assert_eq!(bench.server.names().len(), 4);
    assert_eq!(bench.part_names(), ["BTCUSDT-1h-2024-01.zip", "BTCUSDT-1h-2024-02.zip"]);
    assert_eq!(bench.said[0], "plan: 2 months (2024-01 to 2024-02) from the archive");
}

#[test]
fn a_second_run_downloads_nothing_again() {
    let mut bench = Bench::hourly();
    let first = bench.fetch("2024-01", Some("2024-02")).unwrap();
    let bytes = std::fs::read(&first.path).unwrap();
    bench.server.seen();
    let second = bench.fetch("2024-01", Some("2024-02")).unwrap();
    assert_eq!(bench.server.seen(), []);
    assert_eq!((second.requests, second.downloaded_bytes, second.bars), (0, 0, first.bars));
    assert_eq!(std::fs::read(&second.path).unwrap(), bytes);
    assert_eq!(bench.said, ["plan: 2 months (2024-01 to 2024-02) from the archive; 2 of 2 already here"]);
}

#[test]
fn the_same_bars_give_the_same_bytes() {
    let mut bytes = Vec::new();
    for _ in 0..2 {
        let mut bench = Bench::hourly();
        bytes.push(std::fs::read(bench.fetch("2024-01", Some("2024-02")).unwrap().path).unwrap());
    }
    assert_eq!(bytes[0], bytes[1]);
}

#[test]
fn a_wider_range_asks_only_for_what_is_new() {
    let mut bench = Bench::hourly();
    bench.fetch("2024-02", Some("2024-02")).unwrap();
    bench.assert_holds("2024-02-01", at("2024-03-01"));
    bench.server.seen();
    bench.fetch("2024-01", Some("2024-02")).unwrap();
    bench.assert_holds("2024-01-01", at("2024-03-01"));
    assert_eq!(bench.server.names(), ["BTCUSDT-1h-2024-01.zip.CHECKSUM", "BTCUSDT-1h-2024-01.zip"]);
}

#[test]
fn days_inside_a_month_that_is_here_need_nothing() {
    let mut bench = Bench::hourly();
    bench.fetch("2024-01", Some("2024-01")).unwrap();
    bench.server.seen();
    bench.fetch("2024-01-10", Some("2024-01-12")).unwrap();
    bench.assert_holds("2024-01-10", at("2024-01-13"));
    assert_eq!(bench.server.seen(), []);
}

#[test]
fn microseconds_since_2025_become_milliseconds() {
    let mut bench = Bench::new(Publication::spot("1d", 86_400_000), "2025-06-01");
    for month in ["2024-12", "2025-01"] {
        bench.bars.publish(&bench.server, month);
    }
    assert!(bench.bars.csv("2025-01").starts_with("1735689600000000,"));
    bench.fetch("2024-12", Some("2025-01")).unwrap();
    bench.assert_holds("2024-12-01", at("2025-02-01"));
}

#[test]
fn futures_have_their_own_folder_and_a_header() {
    let bars = Publication { product: Product::UsdFutures, ..Publication::spot("4h", 14_400_000) };
    let mut bench = Bench::new(bars, "2024-06-01");
    bench.bars.publish(&bench.server, "2024-01");
    bench.fetch("2024-01", Some("2024-01")).unwrap();
    bench.assert_holds("2024-01-01", at("2024-02-01"));
    let error = bench.fetch_as(Product::Spot).unwrap_err().to_string();
    assert!(error.contains("holds bars of another market or symbol (um BTCUSDT 4h)"), "{error}");
}

#[test]
fn whole_months_and_single_days_are_asked_for_as_such() {
    let mut bench = Bench::hourly();
    for day in ["2024-03-01", "2024-03-02"] {
        bench.bars.publish(&bench.server, day);
    }
    bench.now = at("2024-03-03");
    let fetched = bench.fetch("2024-02", None).unwrap();
    bench.assert_holds("2024-02-01", at("2024-03-03"));
    assert_eq!((fetched.archive_months, fetched.archive_days, fetched.rest_days), (1, 2, 0));
}
