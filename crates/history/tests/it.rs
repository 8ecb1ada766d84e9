//! Every step once, whatever happens to the process or the disk.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use history::{Filter, HistoryError, Reader, Resolution, Snapshot, Step, Writer};
use market::{Bar, Prediction, PredictionSource, Taxonomy, Timeframe, Timestamp};

fn bar(minute: i64) -> Bar {
    let at = Timestamp::from_millis(minute * 60_000);
    Bar::new(at, Timeframe::MINUTE, [1.0, 2.0, 0.5, 1.5 + minute as f64 * 1e-9], 3.0).unwrap()
}

fn prediction(bar: &Bar) -> Prediction {
    Prediction {
        symbol: "BTCUSDT".to_owned(),
        taxonomy: Taxonomy::Volatility,
        predicted_regime: "high".to_owned(),
        probabilities: vec![("low".to_owned(), 0.25), ("high".to_owned(), 0.75)],
        confidence: 0.75,
        quality_score: 0.8,
        horizon: 2,
        timestamp: bar.close_time,
        prediction_set: Some(vec!["high".to_owned()]),
        abstained: None,
        forecast_interval: None,
        uncertainty: 0.8,
        disagreement: 0.0,
        members: vec![("forest".to_owned(), Some(vec![0.25, 0.75]))],
        weights: vec![("forest".to_owned(), 1.0)],
        missing: Vec::new(),
        source: PredictionSource::Model,
        fallback_level: 0,
        fallback_reason: None,
        model_version: "forest/0.1.0".to_owned(),
        latency_ms: 0.5,
    }
}

/// The bar of a minute, its prediction, and the outcome of the one two minutes before: high in even minutes.
fn step(minute: i64) -> Step {
    let bar = bar(minute);
    let resolutions = (minute >= 2).then(|| Resolution {
        content_hash: "abc".to_owned(),
        at: Timestamp::from_millis((minute - 2) * 60_000),
        class: u8::from(minute % 2 == 0),
    });
    Step {
        symbol: "BTCUSDT".to_owned(),
        bar,
        predictions: vec![("abc".to_owned(), prediction(&bar))],
        resolutions: resolutions.into_iter().collect(),
    }
}

fn all(path: &Path) -> Vec<history::Recorded> {
    let reader = Reader::open(path).unwrap();
    let mut found = Vec::new();
    let mut filter = Filter::default();
    loop {
        let page = reader.predictions(&filter, 100).unwrap();
        found.extend(page.predictions);
        filter.before = page.next;
        if page.next.is_none() {
            return found;
        }
    }
}

#[test]
fn steps_are_there_once_with_their_outcomes_and_days() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/history.db");
    let writer = Writer::open(&path).unwrap();
    assert!(matches!(Writer::open(&path), Err(HistoryError::Taken(_))));
    for _ in 0..2 {
        (0..250).for_each(|minute| writer.record(step(minute), None));
    }
    writer.flush().unwrap();
    let health = writer.health();
    assert_eq!((health.predictions, health.resolved, health.waiting), (250, 248, 0));
    let rows = all(&path);
    assert_eq!(rows.len(), 250);
    assert!(rows.windows(2).all(|pair| pair[0].id > pair[1].id));
    let last = &rows[5];
    assert_eq!((last.regime, last.outcome), (1, Some(1)));
    assert_eq!(
        (last.symbol.as_str(), last.classes[1].as_str(), last.source.as_str()),
        ("BTCUSDT", "high", "model")
    );
    assert_eq!(
        (&last.probabilities[..], last.prediction_set.as_deref()),
        (&[0.25, 0.75][..], Some(&[1][..]))
    );
    assert!(rows[0].outcome.is_none());
    let reader = Reader::open(&path).unwrap();
    let summary = reader.summary("BTCUSDT", "abc", 0, 2).unwrap();
    let day = &summary.days[0];
    assert_eq!(
        (day.predictions, day.resolved, day.correct, day.sets, day.covered),
        (250, 248, 124, 248, 124)
    );
    let loss = 124.0 * -(0.75_f64.ln()) + 124.0 * -(0.25_f64.ln());
    assert!((day.loss - loss).abs() < 1e-9);
    assert_eq!(summary.confusion, [[0, 124], [0, 124]]);
    let filter = Filter { from: Some(Timestamp::from_millis(120_000)), resolved: true, ..Filter::default() };
    assert_eq!(reader.predictions(&filter, 1000).unwrap().predictions.len(), 247);
    // Bars come back bit for bit, those behind an instant, and the newest of them.
    let bars = reader.bars("BTCUSDT", Some(Timestamp::from_millis(0)), 10).unwrap();
    assert_eq!(bars, (240..250).map(bar).collect::<Vec<_>>());
    let revised = Bar { close: 1.7, ..bar(249) };
    writer.revise("BTCUSDT", revised);
    writer.flush().unwrap();
    assert_eq!(reader.bars("BTCUSDT", None, 1).unwrap(), [revised]);
    assert_eq!(reader.symbols().unwrap(), ["BTCUSDT"]);
    drop(writer);
    // A later process goes on counting, and prunes rows but no days.
    let writer = Writer::open(&path).unwrap();
    assert_eq!(writer.health().predictions, 250);
    writer.prune("BTCUSDT", 200 * 60_000, 100);
    writer.flush().unwrap();
    assert_eq!(all(&path).len(), 50);
    assert_eq!(reader.bars("BTCUSDT", None, 1000).unwrap().len(), 100);
    assert_eq!(reader.summary("BTCUSDT", "abc", 0, 2).unwrap(), summary);
}

#[test]
fn a_snapshot_replaces_the_one_before() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.db");
    let writer = Writer::open(&path).unwrap();
    let snapshot = |at: i64| Snapshot {
        symbol: "X".to_owned(),
        content_hash: "abc".to_owned(),
        at: Timestamp::from_millis(at),
        state: format!("{{\"at\":{at}}}"),
    };
    writer.snapshot(snapshot(1));
    writer.snapshot(snapshot(2));
    writer.flush().unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.snapshot("X", "abc").unwrap(), Some(snapshot(2)));
    assert_eq!(reader.snapshot("X", "other").unwrap(), None);
}

/// Another process holds the file: acknowledgements say so at once, and nothing is lost when it lets go.
#[test]
fn a_locked_file_is_told_and_written_later() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.db");
    let writer = Writer::open(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (told, heard) = channel();
    writer.record(step(0), Some(Box::new(move |written| told.send(written).unwrap())));
    let said = heard.recv_timeout(Duration::from_secs(5)).unwrap().unwrap_err();
    assert!(said.contains("locked"), "{said}");
    (1..300).for_each(|minute| writer.record(step(minute), None));
    assert!(writer.flush().is_err());
    assert_eq!(writer.health().waiting, 300);
    other.execute_batch("ROLLBACK").unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while writer.health().waiting > 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!((writer.health().error, writer.health().lost), (None, 0));
    assert_eq!(all(&path).len(), 300);
}

/// The file may not grow: steps wait, and are written once it may.
#[test]
fn a_full_disk_is_told_and_nothing_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.db");
    let writer = Writer::open_limited(&path, 40).unwrap();
    (0..2_000).for_each(|minute| writer.record(step(minute), None));
    let said = writer.flush().unwrap_err();
    assert!(said.contains("full"), "{said}");
    let written = all(&path).len();
    assert!(written < 2_000 && writer.health().waiting == 2_000 - written);
    writer.allow_pages(100_000);
    writer.flush().unwrap();
    assert_eq!(all(&path).len(), 2_000);
}

/// Written by a process that is killed: every step that it acknowledged is there once.
#[test]
fn a_killed_process_loses_nothing_that_it_acknowledged() {
    if let Ok(path) = std::env::var("HISTORY_KILLED") {
        let writer = Writer::open(Path::new(&path)).unwrap();
        for minute in 0..1_000_000 {
            let (told, heard) = channel();
            writer.record(step(minute), Some(Box::new(move |written| told.send(written).unwrap())));
            heard.recv().unwrap().unwrap();
            println!("acknowledged {minute}");
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.db");
    for _ in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["a_killed_process_loses_nothing", "--nocapture", "--test-threads=1"])
            .env("HISTORY_KILLED", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(700));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let acknowledged = text.lines().filter(|line| line.starts_with("acknowledged")).count();
        let rows = all(&path);
        assert!(acknowledged > 50 && rows.len() >= acknowledged, "{acknowledged} of {}", rows.len());
        let mut times: Vec<i64> = rows.iter().map(|row| row.open_time.millis()).collect();
        times.sort_unstable();
        times.dedup();
        assert_eq!(times.len(), rows.len());
    }
}
