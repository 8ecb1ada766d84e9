//! `trainer data fetch` against a server on this machine that serves the exchange's formats.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Output, Stdio};
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::bench::{Bench, one_line};
use crate::publication::{Publication, at};
use crate::server::{Fault, Server};

const JANUARY: &str = "BTCUSDT-5m-2024-01.zip";

struct Exchange {
    bench: Bench,
    server: Server,
    bars: Publication,
}

impl Exchange {
    /// Five-minute bars; January and two days of February 2024 are in the archive, a third day is not.
    fn new() -> Self {
        let exchange =
            Self { bench: Bench::new(), server: Server::start(), bars: Publication::spot("5m", 300_000) };
        for period in ["2024-01", "2024-02-01", "2024-02-02"] {
            exchange.bars.publish(&exchange.server, period);
        }
        exchange.bars.serve(&exchange.server, at("2024-02-20"));
        exchange
    }

    fn arguments<'a>(url: &'a str, changes: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = vec!["data", "fetch"];
        for (name, value) in [
            ("--symbol", "BTCUSDT"),
            ("--interval", "5m"),
            ("--from", "2024-01"),
            ("--to", "2024-02-03"),
            ("--out", "market"),
            ("--archive-url", url),
            ("--rest-url", url),
        ] {
            if !changes.contains(&name) {
                arguments.extend([name, value]);
            }
        }
        arguments.extend(changes);
        arguments
    }

    fn fetch(&self, changes: &[&str]) -> Output {
        self.bench.run(&Self::arguments(&self.server.url(), changes))
    }

    fn assert_right(&self) {
        let mut text = String::new();
        let file = File::open(self.bench.path("market/BTCUSDT-5m.csv.gz")).unwrap();
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
        assert!(text == self.bars.expected(at("2024-01-01"), at("2024-02-04")), "the file is wrong");
    }
}

#[test]
fn fetched_bars_can_be_checked_and_cost_nothing_again() {
    let exchange = Exchange::new();
    let output = exchange.fetch(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    exchange.assert_right();
    let said = String::from_utf8(output.stdout).unwrap();
    for part in [
        "9,792 bars of BTCUSDT 5m (spot), 2024-01-01 00:00:00 to 2024-02-03 23:55:00: market/BTCUSDT-5m.csv.gz",
        "from 1 monthly archive, 2 daily archives, 1 day by REST; no bar is missing",
        "in 8 requests",
    ] {
        assert!(said.contains(part), "no `{part}` in:\n{said}");
    }
    let told = String::from_utf8(output.stderr).unwrap();
    for part in
        ["plan: 1 month (2024-01) from the archive, 3 days", "2024-02-03 is not in the archive; trying REST"]
    {
        assert!(told.contains(part), "no `{part}` in:\n{told}");
    }
    exchange.server.seen();
    let again = exchange.fetch(&["--json", "--quiet"]);
    assert!(again.stderr.is_empty());
    let summary: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&summary["requests"], &summary["bars"]), (&0.into(), &9792.into()));
    assert_eq!(summary["path"], "market/BTCUSDT-5m.csv.gz");
    assert_eq!(exchange.server.seen(), []);

    let check = exchange.bench.run(&["data", "check", "market/BTCUSDT-5m.csv.gz", "--json"]);
    assert_eq!(check.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&check.stdout).unwrap();
    assert_eq!((&report["symbol"], &report["timeframe"]), (&"BTCUSDT".into(), &"5m".into()));
    assert_eq!((&report["bars"], &report["missing_bars"]), (&9792.into(), &0.into()));
    assert_eq!((&report["short_bars"], &report["off_grid"]), (&0.into(), &0.into()));
}

#[test]
fn a_file_that_stays_wrong_fails_in_one_line() {
    let exchange = Exchange::new();
    exchange.server.fault(JANUARY, 2, Fault::Flip(500));
    let message = one_line(&exchange.fetch(&["--quiet"]));
    assert!(message.contains(JANUARY) && message.contains("downloaded twice"), "{message}");
    assert!(!exchange.bench.path("market/BTCUSDT-5m.csv.gz").exists());
    assert!(!exchange.bench.path("market/BTCUSDT-5m.parts").join(JANUARY).exists());
}

#[test]
fn what_cannot_be_asked_for_fails_in_one_line_and_writes_nothing() {
    let exchange = Exchange::new();
    for (changes, said) in [
        (["--symbol", "btcusdt"], "write it as the exchange does"),
        (["--interval", "7m"], "choose one of 1s, 1m"),
        (["--from", "2024"], "such as 2024-01"),
        (["--from", "2200-01-01"], "neither a month"),
        (["--from", "2024-03"], "the end must not be before the beginning"),
        (["--archive-url", "nonsense"], "https://host"),
        (["--market", "options"], "spot, um"),
    ] {
        let message = one_line(&exchange.fetch(&changes));
        assert!(message.contains(said), "{changes:?}: {message}");
    }
    assert!(!exchange.bench.path("market").exists());
    assert_eq!(exchange.server.seen(), []);
}

#[test]
fn a_killed_fetch_is_finished_by_the_next() {
    let exchange = Exchange::new();
    exchange.server.fault(JANUARY, 1, Fault::Slow(10_000, Duration::from_millis(100)));
    let url = exchange.server.url();
    let mut child = exchange
        .bench
        .command(&Exchange::arguments(&url, &[]))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == JANUARY), "the file was never begun");
    let parts = exchange.bench.path("market/BTCUSDT-5m.parts");
    let begun = || {
        let files = std::fs::read_dir(&parts).unwrap().map(|entry| entry.unwrap());
        files
            .filter(|file| file.file_name().to_string_lossy().starts_with(".partial-"))
            .any(|file| file.metadata().unwrap().len() > 0)
    };
    while !begun() {
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!exchange.bench.path("market/BTCUSDT-5m.csv.gz").exists() && !parts.join(JANUARY).exists());
    exchange.server.seen();
    let output = exchange.fetch(&["--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    exchange.assert_right();
    assert!(exchange.server.names().contains(&format!("{JANUARY}+")), "it was not resumed");
}

#[test]
fn help_teaches() {
    let bench = Bench::new();
    let unwrapped =
        |help: Vec<u8>| String::from_utf8(help).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let help = unwrapped(bench.run(&["data", "fetch", "--help"]).stdout);
    for part in
        ["SHA-256", "run the same command again", "--from <WHEN>", "2024-01-15", "--market um", "Exit codes"]
    {
        assert!(help.contains(part), "no `{part}` in:\n{help}");
    }
    let help = unwrapped(bench.run(&["data", "resample", "--help"]).stdout);
    for part in ["weeks on Mondays", "--to <LENGTH>", "--to 1h --out", "Exit codes"] {
        assert!(help.contains(part), "no `{part}` in:\n{help}");
    }
}
