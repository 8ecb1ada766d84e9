//! A fetch whose process is killed leaves no wrong file, and the next one goes on from there.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use exchange::{Connection, FetchEvent, FetchProgress, FetchRequest, Interval, Product, fetch};
use market::Timestamp;

use crate::fetching::{Bench, names};
use crate::publication::{Publication, at};
use crate::server::Fault;

const JANUARY: &str = "BTCUSDT-5m-2024-01.zip";
const FEBRUARY: &str = "BTCUSDT-5m-2024-02.zip";
const FOLDER: &str = "EXCHANGE_TEST_FOLDER";
const ADDRESS: &str = "EXCHANGE_TEST_ADDRESS";

/// Tells of every event on standard output.
struct Tell;

impl FetchProgress for Tell {
    fn event(&mut self, event: &FetchEvent<'_>) {
        let mut out = std::io::stdout().lock();
        writeln!(out, "event {event}").unwrap();
        out.flush().unwrap();
    }
}

/// Not a test of its own: the process that is killed.
#[test]
fn the_process_that_is_killed() {
    let (Ok(out), Ok(address)) = (std::env::var(FOLDER), std::env::var(ADDRESS)) else { return };
    let request = FetchRequest {
        symbol: "BTCUSDT".parse().unwrap(),
        interval: Interval::new("5m".parse().unwrap()).unwrap(),
        product: Product::Spot,
        from: "2024-01".parse().unwrap(),
        to: Some("2024-02".parse().unwrap()),
        out: out.into(),
        archive_url: Some(address.clone()),
        rest_url: Some(address),
        now: Timestamp::from_millis(at("2024-06-01")),
    };
    fetch(&request, &mut Connection::usual().unwrap(), &mut Tell).unwrap();
}

/// Runs a fetch in a process of its own and kills it at the `count`th event that contains `event`. Returns
/// false when it ended before.
fn kill_at(bench: &Bench, event: &str, count: usize) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::the_process_that_is_killed", "--nocapture"])
        .env(FOLDER, bench.folder.path())
        .env(ADDRESS, bench.server.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let found = lines.filter(|line| line.contains(event)).nth(count).is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    found
}

fn bench() -> Bench {
    let bench = Bench::new(Publication::spot("5m", 300_000), "2024-06-01");
    bench.bars.publish(&bench.server, "2024-01");
    bench.bars.publish(&bench.server, "2024-02");
    bench
}

fn assert_whole_or_absent(bench: &Bench) {
    if bench.text().is_some() {
        bench.assert_holds("2024-01-01", at("2024-03-01"));
    }
    for name in [JANUARY, FEBRUARY].iter().filter(|name| bench.parts().join(name).exists()) {
        zip::ZipArchive::new(std::fs::File::open(bench.parts().join(name)).unwrap()).unwrap();
    }
}

fn assert_next_is_right(bench: &mut Bench) {
    bench.fetch("2024-01", Some("2024-02")).unwrap();
    bench.assert_holds("2024-01-01", at("2024-03-01"));
    assert_eq!(bench.part_names(), [JANUARY, FEBRUARY]);
    assert_eq!(names(bench.folder.path()), ["BTCUSDT-5m.csv.gz", "BTCUSDT-5m.parts"]);
}

#[test]
fn in_the_middle_of_a_file() {
    let mut bench = bench();
    bench.server.fault(FEBRUARY, 1, Fault::Slow(20_000, Duration::from_millis(50)));
    assert!(kill_at(&bench, "bytes", 20), "it ended before it was killed");
    assert_eq!(bench.text(), None);
    assert_whole_or_absent(&bench);
    assert!(bench.part_names().iter().any(|name| name.starts_with(".partial-")), "{:?}", bench.part_names());
    bench.server.seen();
    assert_next_is_right(&mut bench);
    // January is not asked for again, and February goes on where it stopped.
    assert_eq!(bench.server.names(), [format!("{FEBRUARY}.CHECKSUM"), format!("{FEBRUARY}+")]);
}

#[test]
fn at_any_moment() {
    let mut bench = bench();
    let mut kills = 0;
    for count in [0, 1, 2, 4, 7, 9, 12, 15, 17] {
        kills += usize::from(kill_at(&bench, "event", count));
        assert_whole_or_absent(&bench);
    }
    for pause in [0, 2, 4, 8, 16, 32] {
        let slow = Fault::Slow(100_000, Duration::from_millis(pause));
        bench.server.fault(JANUARY, 1, slow.clone());
        bench.server.fault(FEBRUARY, 1, slow);
        kills += usize::from(kill_at(&bench, "writing", 0));
        assert_whole_or_absent(&bench);
        let _ = std::fs::remove_dir_all(bench.parts());
    }
    assert!(kills >= 8, "only {kills} kills struck");
    assert_next_is_right(&mut bench);
}
