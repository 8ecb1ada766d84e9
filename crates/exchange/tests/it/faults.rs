//! A server that fails in every way it can: what comes out is a correct file or a clear error.

use std::time::Duration;

use exchange::FetchError;

use crate::fetching::{Bench, seconds};
use crate::publication::{Publication, at};
use crate::server::Fault;

const ZIP: &str = "BTCUSDT-5m-2024-01.zip";
const CHECKSUM: &str = "BTCUSDT-5m-2024-01.zip.CHECKSUM";

/// Five-minute bars of January 2024, in June; about 300 KB packed.
fn bench() -> Bench {
    let bench = Bench::new(Publication::spot("5m", 300_000), "2024-06-01");
    bench.bars.publish(&bench.server, "2024-01");
    bench
}

/// Fetches, and panics unless the file is right.
fn assert_right(bench: &mut Bench) {
    bench.fetch("2024-01", Some("2024-01")).unwrap();
    bench.assert_holds("2024-01-01", at("2024-02-01"));
    assert_eq!(bench.part_names(), [ZIP]);
}

/// Fetches, and panics unless that is refused and leaves no file; returns why.
fn assert_refused(bench: &mut Bench) -> FetchError {
    let error = bench.fetch("2024-01", Some("2024-01")).unwrap_err();
    assert_eq!(bench.text(), None);
    assert!(bench.part_names().iter().all(|name| name.starts_with(".partial-")), "{:?}", bench.part_names());
    error
}

#[test]
fn a_wrong_byte_is_noticed_and_the_file_fetched_again() {
    let mut bench = bench();
    bench.server.fault(ZIP, 1, Fault::Flip(1000));
    assert_right(&mut bench);
    assert_eq!(bench.server.names(), [CHECKSUM, ZIP, CHECKSUM, ZIP]);
    assert!(bench.said.iter().any(|line| line.contains("not what its checksum says")), "{:?}", bench.said);
}

#[test]
fn a_file_that_stays_wrong_is_an_error_and_not_kept() {
    let mut bench = bench();
    bench.server.fault(ZIP, 2, Fault::Flip(1000));
    let error = assert_refused(&mut bench);
    assert!(matches!(error, FetchError::Mismatch { .. }), "{error}");
    assert_eq!(bench.part_names(), [] as [&str; 0]);
    assert_eq!(bench.server.names(), [CHECKSUM, ZIP, CHECKSUM, ZIP]);
    assert_right(&mut bench);
}

#[test]
fn a_checksum_file_that_is_none_is_an_error() {
    let mut bench = bench();
    bench
        .server
        .put(&format!("{}.CHECKSUM", bench.bars.path("2024-01")), "<html>welcome to the hotel</html>");
    let error = assert_refused(&mut bench);
    assert!(matches!(error, FetchError::Checksum { .. }), "{error}");
}

#[test]
fn who_is_told_to_wait_waits_that_long() {
    let mut bench = bench();
    bench.server.fault(ZIP, 1, Fault::Status(429, Some("7")));
    bench.server.fault(ZIP, 1, Fault::Status(418, Some("120")));
    bench.server.fault(CHECKSUM, 1, Fault::Status(503, Some("3")));
    assert_right(&mut bench);
    assert_eq!(seconds(&bench.waits.borrow()), [3, 7, 120]);
}

#[test]
fn who_is_told_to_wait_for_hours_is_told_so() {
    let mut bench = bench();
    bench.server.fault(ZIP, 1, Fault::Status(418, Some("259200")));
    let error = assert_refused(&mut bench).to_string();
    assert!(error.contains("418") && error.contains("259200 s"), "{error}");
    assert!(bench.waits.borrow().is_empty());
}

#[test]
fn a_server_in_trouble_is_asked_again_with_growing_waits() {
    let mut bench = bench();
    bench.server.fault(CHECKSUM, 2, Fault::Status(500, None));
    bench.server.fault(ZIP, 3, Fault::Status(502, None));
    assert_right(&mut bench);
    let waits: Vec<u128> = bench.waits.borrow().iter().map(Duration::as_millis).collect();
    assert_eq!(waits, [500, 1000, 500, 1000, 2000]);
    assert!(bench.said.iter().any(|line| line.contains("502") && line.contains("trying again in 2.0 s")));
}

#[test]
fn a_server_that_stays_in_trouble_is_given_up() {
    let mut bench = bench();
    bench.server.fault(ZIP, 100, Fault::Status(500, None));
    let error = assert_refused(&mut bench).to_string();
    assert!(error.contains("after 6 attempts") && error.contains("500"), "{error}");
    assert_eq!(bench.server.names().len(), 7);
}

#[test]
fn a_refusal_is_not_repeated() {
    for status in [400, 403, 451] {
        let mut bench = bench();
        bench.server.fault(ZIP, 100, Fault::Status(status, None));
        let error = assert_refused(&mut bench).to_string();
        assert!(error.contains(&status.to_string()) && error.contains("as ordered"), "{error}");
        assert_eq!(bench.server.names(), [CHECKSUM, ZIP]);
    }
}

#[test]
fn a_dropped_connection_goes_on_where_it_stopped() {
    let mut bench = bench();
    bench.server.fault(ZIP, 1, Fault::Drop(100_000));
    bench.server.fault(ZIP, 1, Fault::Drop(50_000));
    assert_right(&mut bench);
    let ranges: Vec<Option<String>> =
        bench.server.seen().into_iter().skip(1).map(|seen| seen.range).collect();
    assert_eq!(ranges, [None, Some("bytes=100000-".to_owned()), Some("bytes=150000-".to_owned())]);
    assert!(bench.said.contains(&format!("{ZIP}: going on after 150000 bytes")), "{:?}", bench.said);
}

#[test]
fn many_drops_are_no_reason_to_give_up_while_bytes_come() {
    let mut bench = bench();
    let length = bench.server.file(&bench.bars.path("2024-01")).len();
    assert!(length > 3 * 70_000);
    for _ in 0..length / 70_000 {
        bench.server.fault(ZIP, 1, Fault::Drop(70_000));
        bench.server.fault(ZIP, 4, Fault::Drop(0));
    }
    assert_right(&mut bench);
}

#[test]
fn a_server_that_never_gets_further_is_given_up() {
    // Without ranges each attempt begins at zero, and ends where the last one did.
    let mut bench = bench();
    bench.server.fault(ZIP, 1000, Fault::Drop(100_000));
    bench.server.without_ranges();
    let error = assert_refused(&mut bench).to_string();
    assert!(error.contains("after 6 attempts") && error.contains("stopped in the middle"), "{error}");
}

#[test]
fn a_server_without_ranges_sends_everything_again() {
    let mut bench = bench();
    bench.server.fault(ZIP, 1, Fault::Drop(100_000));
    bench.server.fault(ZIP, 1, Fault::NoRange);
    assert_right(&mut bench);
    assert_eq!(bench.server.names(), [CHECKSUM, ZIP, &format!("{ZIP}+")]);
    assert!(!bench.said.iter().any(|line| line.contains("going on after")));
}

#[test]
fn another_part_than_was_asked_for_is_not_used() {
    let mut bench = bench();
    bench.server.fault(ZIP, 1, Fault::Drop(100_000));
    bench.server.fault(ZIP, 1, Fault::OtherRange);
    assert_right(&mut bench);
    assert_eq!(bench.server.names(), [CHECKSUM, ZIP, &format!("{ZIP}+"), ZIP]);
}

#[test]
fn a_shorter_file_with_its_own_length_is_no_file() {
    let mut bench = bench();
    bench.server.fault(ZIP, 1, Fault::Truncate(100_000));
    assert_right(&mut bench);
    let mut bench = self::bench();
    bench.server.fault(ZIP, 2, Fault::Truncate(100_000));
    let error = assert_refused(&mut bench);
    assert!(matches!(error, FetchError::Mismatch { .. }), "{error}");
}

#[test]
fn a_silent_server_is_left_and_asked_again() {
    let mut bench = bench();
    bench.stall = Duration::from_millis(300);
    bench.server.fault(CHECKSUM, 1, Fault::Stall(10));
    bench.server.fault(ZIP, 1, Fault::Stall(90_000));
    let begun = std::time::Instant::now();
    assert_right(&mut bench);
    assert!(begun.elapsed() < Duration::from_secs(15), "it waited until the server hung up");
    assert_eq!(bench.server.names(), [CHECKSUM, CHECKSUM, ZIP, &format!("{ZIP}+")]);
}

#[test]
fn a_slow_server_is_not_a_silent_one() {
    let mut bench = bench();
    bench.stall = Duration::from_millis(500);
    bench.server.fault(ZIP, 1, Fault::Slow(10_000, Duration::from_millis(60)));
    let begun = std::time::Instant::now();
    assert_right(&mut bench);
    assert!(begun.elapsed() > 2 * bench.stall, "it was no slow download");
    assert_eq!(bench.server.names(), [CHECKSUM, ZIP]);
}

#[test]
fn no_server_at_all_is_told_with_the_address() {
    let mut bench = bench();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = bench.fetch_from(&address).unwrap_err().to_string();
    assert!(error.contains(&address) && error.contains("refused"), "{error}");
    assert_eq!(bench.waits.borrow().len(), 5);
}
