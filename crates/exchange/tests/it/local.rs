//! What is on disk: damage is noticed, other work is not touched.

use std::fs;

use exchange::{FetchError, Interval, RequestError, Symbol};

use crate::fetching::{Bench, names};
use crate::publication::at;

const JANUARY: &str = "BTCUSDT-1h-2024-01.zip";

#[test]
fn a_damaged_part_is_fetched_again() {
    let mut bench = Bench::hourly();
    bench.fetch("2024-01", Some("2024-02")).unwrap();
    let path = bench.parts().join(JANUARY);
    let mut bytes = fs::read(&path).unwrap();
    bytes[500] ^= 1;
    fs::write(&path, bytes).unwrap();
    bench.server.seen();
    bench.fetch("2024-01", Some("2024-02")).unwrap();
    bench.assert_holds("2024-01-01", at("2024-03-01"));
    assert_eq!(bench.server.names(), [format!("{JANUARY}.CHECKSUM"), JANUARY.to_owned()]);
    assert!(
        bench.said.iter().any(|line| line.starts_with(JANUARY) && line.contains("not what was downloaded"))
    );
}

#[test]
fn a_damaged_or_deleted_file_of_bars_is_written_again() {
    let mut bench = Bench::hourly();
    let path = bench.fetch("2024-01", Some("2024-02")).unwrap().path;
    for damage in [Some(b"x"), None] {
        match damage {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        bench.server.seen();
        bench.fetch("2024-01", Some("2024-02")).unwrap();
        bench.assert_holds("2024-01-01", at("2024-03-01"));
        assert_eq!(bench.server.seen(), []);
    }
}

#[test]
fn without_a_manifest_parts_are_compared_with_their_checksums() {
    let mut bench = Bench::hourly();
    bench.fetch("2024-01", Some("2024-02")).unwrap();
    for content in [None, Some("{"), Some("{\"schema\":1}")] {
        let path = bench.parts().join("manifest.json");
        match content {
            None => fs::remove_file(&path).unwrap(),
            Some(content) => fs::write(&path, content).unwrap(),
        }
        bench.server.seen();
        bench.fetch("2024-01", Some("2024-02")).unwrap();
        bench.assert_holds("2024-01-01", at("2024-03-01"));
        assert_eq!(
            bench.server.names(),
            [format!("{JANUARY}.CHECKSUM"), "BTCUSDT-1h-2024-02.zip.CHECKSUM".to_owned()]
        );
    }
}

#[test]
fn the_beginning_of_another_version_is_not_continued() {
    let mut bench = Bench::hourly();
    fs::create_dir_all(bench.parts()).unwrap();
    fs::write(bench.parts().join(format!(".partial-0123456789abcdef-{JANUARY}")), b"old").unwrap();
    bench.fetch("2024-01", Some("2024-01")).unwrap();
    bench.assert_holds("2024-01-01", at("2024-02-01"));
    assert_eq!(bench.part_names(), [JANUARY]);
    assert!(bench.server.seen().iter().all(|seen| seen.range.is_none()));
}

#[test]
fn what_a_dead_process_was_writing_is_removed() {
    let mut bench = Bench::hourly();
    bench.fetch("2024-01", Some("2024-01")).unwrap();
    // No process has the largest id that the kernel could give.
    for folder in [bench.folder.path(), &bench.parts()] {
        fs::write(folder.join(".staging-4194304-x"), b"half").unwrap();
    }
    bench.fetch("2024-01", Some("2024-01")).unwrap();
    assert_eq!(bench.part_names(), [JANUARY]);
    assert_eq!(names(bench.folder.path()), ["BTCUSDT-1h.csv.gz", "BTCUSDT-1h.parts"]);
}

#[test]
fn a_damaged_beginning_costs_one_more_download_and_nothing_else() {
    let mut bench = Bench::hourly();
    let hash = durable::sha256_hex(&bench.server.file(&bench.bars.path("2024-01")));
    fs::create_dir_all(bench.parts()).unwrap();
    for bytes in [vec![7; 1000], vec![7; 10_000_000]] {
        let _ = fs::remove_file(bench.parts().join(JANUARY));
        fs::write(bench.parts().join(format!(".partial-{}-{JANUARY}", &hash[..16])), bytes).unwrap();
        bench.fetch("2024-01", Some("2024-01")).unwrap();
        bench.assert_holds("2024-01-01", at("2024-02-01"));
        assert_eq!(bench.part_names(), [JANUARY]);
    }
}

#[test]
fn one_fetch_at_a_time() {
    let mut bench = Bench::hourly();
    bench.fetch("2024-01", Some("2024-01")).unwrap();
    let lock = fs::File::open(bench.parts().join(".lock")).unwrap();
    lock.lock().unwrap();
    let error = bench.fetch("2024-01", Some("2024-02")).unwrap_err();
    assert!(matches!(error, FetchError::Locked { .. }), "{error}");
    lock.unlock().unwrap();
    bench.fetch("2024-01", Some("2024-02")).unwrap();
}

#[test]
fn a_refused_request_writes_nothing() {
    let mut bench = Bench::hourly();
    for (from, to, said) in [
        ("2024-02", Some("2024-01"), "nothing from 2024-02 to 2024-01"),
        ("2024-07", None, "2024-07 is in the future"),
        ("2024-06-01", None, "2024-06-01 is in the future"),
    ] {
        let error = bench.fetch(from, to).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    for address in ["ftp://x", "nonsense", "http://", "http://x/?a=b"] {
        let error = bench.fetch_from(address).unwrap_err().to_string();
        assert!(error.contains(address) && error.contains("https://host"), "{error}");
    }
    assert_eq!(names(bench.folder.path()), [] as [&str; 0]);
    assert_eq!(bench.server.seen(), []);
    assert!(matches!("btc".parse::<Symbol>(), Err(RequestError::Symbol(_))));
    assert!(matches!(Interval::new("1w".parse().unwrap()), Err(RequestError::Interval { .. })));
}
