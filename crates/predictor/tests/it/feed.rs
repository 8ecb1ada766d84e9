//! An exchange that speaks the real formats and misbehaves.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use market::{Bar, Timeframe};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::bench::{Bench, market};
use crate::live::lines;
use crate::served::Served;

/// Bars that have closed when the client first connects.
const PAST: usize = 300;

/// What goes wrong with the message of a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Twice,
    Never,
    BehindTheNext,
    Revised,
    Garbage,
    Cut,
    /// Cut, and back a day later.
    Gone,
}

struct Exchange {
    bars: Vec<Bar>,
    faults: BTreeMap<usize, Fault>,
    /// How many bars have closed.
    closed: AtomicUsize,
    /// No more close for now.
    until: AtomicUsize,
    rest_is_down: AtomicBool,
    address: String,
}

impl Exchange {
    fn start(faults: BTreeMap<usize, Fault>) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let exchange = Arc::new(Self {
            bars: market(600, Timeframe::HOUR).bars().to_vec(),
            faults,
            closed: AtomicUsize::new(PAST),
            until: AtomicUsize::new(600),
            rest_is_down: AtomicBool::new(false),
            address: listener.local_addr().unwrap().to_string(),
        });
        let serving = Arc::clone(&exchange);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let exchange = Arc::clone(&serving);
                std::thread::spawn(move || exchange.answer(stream.unwrap()));
            }
        });
        exchange
    }

    /// REST and the stream share one address, as they do not in the world.
    fn answer(&self, stream: TcpStream) {
        let mut head = [0; 2048];
        let n = stream.peek(&mut head).unwrap();
        let head = String::from_utf8_lossy(&head[..n]).into_owned();
        let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
        if target.starts_with("/api/v3/klines") {
            self.rest(stream, &target);
        } else {
            // A client that leaves ends its own connection only.
            let _ = self.stream(stream);
        }
    }

    fn rest(&self, mut stream: TcpStream, target: &str) {
        let mut head = [0; 2048];
        let _ = stream.read(&mut head);
        let number = |name: &str| -> i64 {
            let part = target.split(['?', '&']).find_map(|part| part.strip_prefix(&format!("{name}=")));
            part.unwrap().parse().unwrap()
        };
        let (start, end, limit) = (number("startTime"), number("endTime"), number("limit"));
        // The bar that is forming is among the rows.
        let known = &self.bars[..(self.closed.load(Ordering::Acquire) + 1).min(self.bars.len())];
        let inside = known.iter().filter(|bar| (start..=end).contains(&bar.open_time.millis()));
        let rows: Vec<Value> = inside.take(limit as usize).map(row).collect();
        let (status, body) = if self.rest_is_down.load(Ordering::Acquire) {
            ("503 Service Unavailable", String::new())
        } else {
            ("200 OK", json!(rows).to_string())
        };
        let _ = write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
    }

    fn stream(&self, stream: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
        let mut socket = tungstenite::accept(stream)?;
        let mut behind = None;
        loop {
            let place = self.closed.load(Ordering::Acquire);
            let may_close = place < self.until.load(Ordering::Acquire);
            let Some(bar) = self.bars.get(place).filter(|_| may_close) else {
                socket.send(Message::text(event(&self.bars[place - 1], false)))?;
                std::thread::sleep(Duration::from_millis(100));
                continue;
            };
            socket.send(Message::text(event(bar, false)))?;
            std::thread::sleep(Duration::from_millis(15));
            self.closed.store(place + 1, Ordering::Release);
            let told = event(bar, true);
            match self.faults.get(&place) {
                None => socket.send(Message::text(told))?,
                Some(Fault::Twice) => {
                    socket.send(Message::text(told.clone()))?;
                    socket.send(Message::text(told))?;
                }
                Some(Fault::Never) => {}
                Some(Fault::BehindTheNext) => {
                    behind = Some(told);
                    continue;
                }
                Some(Fault::Revised) => {
                    let wrong = Bar { close: bar.low, volume: bar.volume * 2.0, ..*bar };
                    socket.send(Message::text(event(&wrong, true)))?;
                    std::thread::sleep(Duration::from_millis(10));
                    socket.send(Message::text(told))?;
                }
                Some(Fault::Garbage) => {
                    socket.send(Message::text("{\"data\":{\"k\":"))?;
                    socket.send(Message::binary(vec![0xff; 64]))?;
                    socket.send(Message::text(told.replace("\"h\":\"", "\"h\":\"-")))?;
                    socket.send(Message::text(told))?;
                }
                Some(Fault::Cut) => return Ok(()),
                Some(Fault::Gone) => {
                    self.closed.store(place + 25, Ordering::Release);
                    return Ok(());
                }
            }
            if let Some(behind) = behind.take() {
                socket.send(Message::text(behind))?;
            }
        }
    }
}

fn row(bar: &Bar) -> Value {
    let text = |value: f64| value.to_string();
    json!([
        bar.open_time,
        text(bar.open),
        text(bar.high),
        text(bar.low),
        text(bar.close),
        text(bar.volume),
        bar.close_time.millis() - 1,
        "1.5",
        7,
        "0.5",
        "0.75",
        "0",
    ])
}

fn event(bar: &Bar, is_closed: bool) -> String {
    let text = |value: f64| value.to_string();
    // A forming bar is told of half a bar before it closes.
    let at = if is_closed {
        bar.close_time.millis()
    } else {
        bar.open_time.millis().midpoint(bar.close_time.millis())
    };
    json!({
        "stream": "bars@kline_1h",
        "data": { "e": "kline", "E": at, "s": "BARS", "k": {
            "t": bar.open_time, "T": bar.close_time.millis() - 1, "s": "BARS", "i": "1h", "f": 1, "L": 7,
            "o": text(bar.open), "c": text(bar.close), "h": text(bar.high), "l": text(bar.low), "v": text(bar.volume),
            "n": 7, "x": is_closed, "q": "1.5", "V": "0.5", "Q": "0.75", "B": "0",
        } },
    })
    .to_string()
}

#[test]
fn an_exchange_that_misbehaves_changes_no_prediction_and_loses_no_bar() {
    use Fault::{BehindTheNext, Cut, Garbage, Gone, Never, Revised, Twice};
    let faults: BTreeMap<usize, Fault> = [
        (310, Twice),
        (320, Garbage),
        (330, BehindTheNext),
        (340, Never),
        (350, Revised),
        (360, Cut),
        (380, Never),
        (381, Never),
        (400, Cut),
        (420, Twice),
        (430, Revised),
        (470, Gone),
    ]
    .into();
    let bench = Bench::new();
    bench.predicted("forest", "bars.csv", "whole.jsonl", &["--symbol", "BARS"]);
    let whole: BTreeMap<i64, Value> = lines(&bench.read("whole.jsonl"))
        .into_iter()
        .map(|line| (line["timestamp"].as_i64().unwrap(), line))
        .collect();
    let exchange = Exchange::start(faults.clone());
    let (stream, rest) = (format!("ws://{}", exchange.address), format!("http://{}", exchange.address));
    let arguments = [
        "--model",
        "forest",
        "--feed",
        "binance:BARS",
        "--history",
        "h.db",
        "--stream-url",
        &stream,
        "--rest-url",
        &rest,
    ];
    let served = Served::start(bench.directory(), &arguments);
    let newest = exchange.bars[599].close_time.millis();
    let status = served.wait("/v1/status", |status| status["symbols"][0]["last_bar_closed_at"] == newest);
    let counts = &status["symbols"][0]["ingest"];
    assert_eq!((&counts["holes"], &counts["invalid"]), (&json!(0), &json!(0)), "{status}");
    assert!(counts["revised"] == 2 && counts["duplicate"].as_u64().unwrap() >= 2, "{counts}");
    assert!(status["feed"]["reconnects"].as_u64().unwrap() >= 3);
    let rows = served.history();
    // All but those that came by REST when they were past.
    assert!(rows.len() > 250, "{}", rows.len());
    let at = |place: usize| exchange.bars[place].close_time.millis();
    let revised: Vec<i64> =
        faults.iter().filter(|(_, fault)| **fault == Revised).map(|(place, _)| at(*place)).collect();
    let mut times = std::collections::BTreeSet::new();
    for row in &rows {
        let timestamp = row["timestamp"].as_i64().unwrap();
        assert!(times.insert(timestamp), "twice: {row}");
        if revised.contains(&timestamp) {
            // Made of what was told first; those behind it are of what was true.
            continue;
        }
        let expected = whole[&timestamp]["probabilities"]["high"].as_f64().unwrap();
        assert!((row["probabilities"][1].as_f64().unwrap() - expected).abs() < 1e-9, "{row}");
    }
    let bars = history::Reader::open(&bench.path("h.db")).unwrap().bars("BARS", None, 10_000).unwrap();
    let true_bars = &exchange.bars[600 - bars.len()..];
    assert!(
        bars.len() > 290
            && bars
                .iter()
                .zip(true_bars)
                .all(|(bar, told)| (bar.open_time, bar.close) == (told.open_time, told.close))
    );
}

#[test]
fn without_rest_it_begins_and_takes_the_past_once_there_is_one() {
    let bench = Bench::new();
    let exchange = Exchange::start(BTreeMap::new());
    exchange.rest_is_down.store(true, Ordering::Release);
    exchange.closed.store(560, Ordering::Release);
    exchange.until.store(563, Ordering::Release);
    let (stream, rest) = (format!("ws://{}", exchange.address), format!("http://{}", exchange.address));
    let arguments = [
        "--model",
        "lstm",
        "--feed",
        "binance:BARS",
        "--stream-url",
        &stream,
        "--rest-url",
        &rest,
        "--ttl-s",
        "0",
    ];
    let served = Served::start(bench.directory(), &arguments);
    let status = served.wait("/v1/status", |status| status["symbols"][0]["ingest"]["taken"] == 3);
    assert!(status["symbols"][0]["warming_up"].as_u64().unwrap() > 0);
    let (code, warming) = served.get("/v1/regime/BARS");
    assert_eq!((code, &warming["error"]["code"]), (425, &json!("warming_up")));
    exchange.rest_is_down.store(false, Ordering::Release);
    served.wait("/v1/status", |status| status["symbols"][0]["warming_up"] == 0);
    // Its bars are of years ago: what is said of now is drawn from the last good answer and the class frequencies.
    exchange.until.store(600, Ordering::Release);
    let stale = served.wait("/v1/regime/BARS", |regime| regime["fallback_level"].is_u64());
    assert_eq!((&stale["source"], &stale["fallback_level"]), (&json!("prior"), &json!(4)));
    assert!(stale["fallback_reason"].as_str().unwrap().starts_with("no bar has come since"), "{stale}");
    assert_eq!(served.get("/v1/signals/BARS").1["signal"], "neutral");
    let alerts =
        served.wait("/v1/monitoring", |now| now["alerts"].as_array().is_some_and(|all| !all.is_empty()));
    assert!(
        alerts["alerts"].as_array().unwrap().iter().any(|alert| alert["rule"] == "staleness"),
        "{alerts}"
    );
}
