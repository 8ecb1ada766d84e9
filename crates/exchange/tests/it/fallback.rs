//! A month that the archive does not have: its days, and what is left by REST.

use crate::fetching::Bench;
use crate::publication::{DAY, Publication, at};

/// Hourly bars on the tenth of March, at 05:30: February is not in the archive as a month, and the days from
/// the eighth on are not there either.
fn bench() -> Bench {
    let mut bench = Bench::new(Publication::spot("1h", 3_600_000), "2024-03-10");
    bench.now += 11 * 1_800_000;
    bench.bars.publish(&bench.server, "2024-01");
    for day in 1..=29 {
        bench.bars.publish(&bench.server, &format!("2024-02-{day:02}"));
    }
    for day in 1..=7 {
        bench.bars.publish(&bench.server, &format!("2024-03-{day:02}"));
    }
    bench.bars.serve(&bench.server, bench.now);
    bench
}

#[test]
fn months_then_days_then_rest() {
    let mut bench = bench();
    let fetched = bench.fetch("2024-01", None).unwrap();
    bench.assert_holds("2024-01-01", at("2024-03-10") + 5 * 3_600_000);
    assert_eq!((fetched.archive_months, fetched.archive_days, fetched.rest_days), (1, 36, 3));
    let said = bench.said.join("\n");
    for line in [
        "plan: 2 months (2024-01 to 2024-02) from the archive, 9 days (2024-03-01 to 2024-03-09) from the \
         archive, 2024-03-10 so far by REST",
        "2024-02 is not in the archive; trying its daily files",
        "2024-03-08 is not in the archive; trying REST",
        "2024-03-09 is not in the archive; trying REST",
        "2024-03-08 to 2024-03-10 by REST",
    ] {
        assert!(said.contains(line), "no `{line}` in:\n{said}");
    }
    bench.server.seen();
    bench.fetch("2024-01", None).unwrap();
    assert_eq!(bench.server.seen(), [], "everything that has closed is here");
}

#[test]
fn an_hour_later_only_the_new_bar_is_asked_for() {
    let mut bench = bench();
    bench.fetch("2024-03", None).unwrap();
    bench.server.seen();
    bench.now += 3_600_000;
    bench.bars.serve(&bench.server, bench.now);
    bench.fetch("2024-03", None).unwrap();
    bench.assert_holds("2024-03-01", at("2024-03-10") + 6 * 3_600_000);
    assert_eq!(bench.server.names(), ["klines"]);
}

#[test]
fn yesterday_comes_from_the_archive_once_it_is_there() {
    let mut bench = bench();
    bench.fetch("2024-03", None).unwrap();
    bench.now = at("2024-03-11") + 7_200_000;
    bench.bars.serve(&bench.server, bench.now);
    bench.bars.publish(&bench.server, "2024-03-10");
    bench.server.seen();
    let fetched = bench.fetch("2024-03", None).unwrap();
    bench.assert_holds("2024-03-01", at("2024-03-11") + 7_200_000);
    assert_eq!(
        bench.server.names(),
        ["BTCUSDT-1h-2024-03-10.zip.CHECKSUM", "BTCUSDT-1h-2024-03-10.zip", "klines"]
    );
    assert_eq!((fetched.archive_days, fetched.rest_days), (8, 3));
    assert!(!bench.part_names().contains(&"BTCUSDT-1h-2024-03-10.rest.csv".to_owned()));
}

#[test]
fn a_month_takes_the_place_of_its_days() {
    let mut bench = bench();
    bench.fetch("2024-02-20", Some("2024-02-29")).unwrap();
    assert_eq!(bench.part_names().len(), 10);
    bench.bars.publish(&bench.server, "2024-02");
    bench.fetch("2024-02", Some("2024-02")).unwrap();
    bench.assert_holds("2024-02-01", at("2024-03-01"));
    assert_eq!(bench.part_names(), ["BTCUSDT-1h-2024-02.zip"]);
}

#[test]
fn a_past_month_of_days_needs_no_network_again() {
    let mut bench = bench();
    bench.fetch("2024-02", Some("2024-02")).unwrap();
    bench.server.seen();
    bench.now += 30 * DAY;
    bench.fetch("2024-02", Some("2024-02")).unwrap();
    bench.assert_holds("2024-02-01", at("2024-03-01"));
    assert_eq!(bench.server.seen(), []);
}

#[test]
fn days_without_bars_are_told() {
    let mut bench = bench();
    bench.bars.outage = [at("2024-03-08") - 3 * 3_600_000, at("2024-03-09") + 2 * 3_600_000];
    bench.bars.publish(&bench.server, "2024-03-07");
    bench.bars.serve(&bench.server, bench.now);
    let fetched = bench.fetch("2024-03", None).unwrap();
    bench.assert_holds("2024-03-01", at("2024-03-10") + 5 * 3_600_000);
    let days: Vec<String> = fetched.days_without_bars.iter().map(ToString::to_string).collect();
    assert_eq!(days, ["2024-03-08"]);
    assert_eq!(fetched.missing_bars, 29);
}

#[test]
fn a_symbol_that_does_not_exist_is_an_error() {
    let mut bench = bench();
    bench.server.fault("klines", 1, crate::server::Fault::Status(400, None));
    let error = bench.fetch("2023-05-01", Some("2023-05-02")).unwrap_err().to_string();
    assert!(error.contains("400") && error.contains("check symbol and interval"), "{error}");
    bench.bars.outage = [0, i64::MAX];
    bench.bars.serve(&bench.server, bench.now);
    let error = bench.fetch("2023-05-01", Some("2023-05-02")).unwrap_err().to_string();
    assert!(error.contains("no bars of BTCUSDT 1h from 2023-05-01 to 2023-05-02"), "{error}");
    assert_eq!(bench.text(), None);
}
