//! Rows by REST: pages, the bar that is not closed, and answers that are not rows.

use crate::fetching::Bench;
use crate::publication::{Publication, at};
use crate::server::Fault;

/// One-minute bars on the tenth of March at 12:34:56, with an empty archive.
fn bench() -> Bench {
    let mut bench = Bench::new(Publication::spot("1m", 60_000), "2024-03-10");
    bench.now += ((12 * 60 + 34) * 60 + 56) * 1000;
    bench.bars.serve(&bench.server, bench.now);
    bench
}

fn closed() -> i64 {
    at("2024-03-10") + (12 * 60 + 34) * 60_000
}

#[test]
fn pages_of_a_thousand_and_no_bar_that_is_open() {
    let mut bench = bench();
    let fetched = bench.fetch("2024-03-08", None).unwrap();
    bench.assert_holds("2024-03-08", closed());
    assert_eq!(fetched.bars, 2 * 1440 + 12 * 60 + 34);
    let klines = bench.server.names().iter().filter(|name| *name == "klines").count();
    assert_eq!(klines, 4, "3,634 bars and an open one");
    assert_eq!(bench.part_names().len(), 3);
    let kept = std::fs::read_to_string(bench.parts().join("BTCUSDT-1m-2024-03-10.rest.csv")).unwrap();
    let last = kept.lines().last().unwrap();
    assert!(last.starts_with(&(closed() - 60_000).to_string()), "{last}");
}

#[test]
fn the_open_bar_was_really_offered() {
    let bench = bench();
    let mut other = Bench::new(bench.bars, "2024-03-10");
    // Another client with a clock a minute ahead takes the bar that is open at the server for closed, unless
    // the server tells the time.
    other.server = bench.server;
    other.now = bench.now + 60_000;
    other.fetch("2024-03-10", None).unwrap();
    other.assert_holds("2024-03-10", closed() + 60_000);
}

#[test]
fn the_clock_of_the_server_counts_too() {
    let mut bench = bench();
    bench.server.date("Sun, 10 Mar 2024 12:34:56 GMT");
    bench.now += 60_000;
    let fetched = bench.fetch("2024-03-10", None).unwrap();
    bench.assert_holds("2024-03-10", closed());
    assert_eq!(fetched.missing_bars, 1);
    // What should have closed was not there, so it is asked for again.
    bench.server.date("Sun, 10 Mar 2024 12:35:56 GMT");
    bench.bars.serve(&bench.server, bench.now);
    bench.fetch("2024-03-10", None).unwrap();
    bench.assert_holds("2024-03-10", closed() + 60_000);
}

#[test]
fn a_bar_closes_with_its_last_millisecond() {
    for (past, bars) in [(0, 0), (59_999, 0), (60_000, 1), (60_001, 1)] {
        let mut bench = bench();
        bench.now = at("2024-03-10") + 3_600_000 + past;
        bench.bars.serve(&bench.server, bench.now);
        bench.fetch("2024-03-10", None).unwrap();
        bench.assert_holds("2024-03-10", at("2024-03-10") + 3_600_000 + bars * 60_000);
    }
}

#[test]
fn waits_and_drops_are_for_rest_too() {
    let mut bench = bench();
    bench.server.fault("klines", 1, Fault::Status(429, Some("11")));
    bench.server.fault("klines", 1, Fault::Drop(5000));
    bench.server.fault("klines", 1, Fault::Status(503, None));
    bench.fetch("2024-03-09", Some("2024-03-09")).unwrap();
    bench.assert_holds("2024-03-09", at("2024-03-10"));
    assert_eq!(bench.waits.borrow()[0].as_secs(), 11);
}

#[test]
fn a_shortened_answer_is_an_error_and_not_a_short_day() {
    let mut bench = bench();
    bench.server.fault("klines", 1, Fault::Truncate(5000));
    let error = bench.fetch("2024-03-09", Some("2024-03-09")).unwrap_err().to_string();
    assert!(error.contains("not klines") && error.contains("check the REST address"), "{error}");
    assert_eq!(bench.text(), None);
}

#[test]
fn a_page_that_is_never_full_is_followed_to_the_end() {
    let mut bench = bench();
    let bars = bench.bars;
    // A server that gives ten rows whatever it is asked for.
    bench.server.answer("/api/v3/klines", move |query| {
        let start: i64 = query["startTime"].parse().unwrap();
        let end: i64 = query["endTime"].parse().unwrap();
        bars.rows(start, end + 1, 10)
    });
    bench.now = at("2024-03-10");
    bench.fetch("2024-03-09", None).unwrap();
    bench.assert_holds("2024-03-09", at("2024-03-10"));
}
