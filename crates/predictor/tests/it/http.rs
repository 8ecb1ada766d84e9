//! What requests get that ask for too much, the wrong thing, or without the token.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use market::Timeframe;
use pipeline::{Alias, AliasMove, Registry};
use serde_json::{Value, json};

use crate::bench::{Bench, bar_lines, one_line};
use crate::served::Served;

#[test]
fn faults_are_told_in_the_form_of_the_protocol_and_say_what_to_do() {
    let bench = Bench::new();
    let served = Served::start(bench.directory(), &["--model", "forest"]);
    let (status, fault) = served.get("/v1/regime/NONE");
    assert_eq!((status, &fault["error"]["code"]), (404, &json!("unknown_symbol")));
    assert!(fault["error"]["request_id"].as_str().unwrap().len() > 3);
    let (status, fault) = served.get("/v2/models/other");
    assert_eq!(status, 404);
    assert!(fault["error"].as_str().unwrap().contains("there is forest/0.1.0"), "{fault}");
    let (status, fault) = served.post("/invocations", &json!({ "rows": [] }));
    assert_eq!((status, &fault["error_code"]), (400, &json!("BAD_REQUEST")));
    let (status, fault) = served.get("/v1/bars/X?limit=0");
    assert_eq!(status, 400, "{fault}");
    let (status, fault) = served.get("/v1/history");
    assert!(status == 404 && fault["error"]["message"].as_str().unwrap().contains("--history"), "{fault}");
    let wrong = served.client.post(format!("{}/v1/regime/X", served.base)).send().unwrap();
    assert_eq!((wrong.status().as_u16(), wrong.headers()["allow"].to_str().unwrap()), (405, "GET,HEAD"));
    assert_eq!(wrong.json::<Value>().unwrap()["error"]["code"], "method_not_allowed");
    let few: Vec<Value> = bar_lines()[..5].iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (status, fault) = served.post("/v1/predict", &json!({ "bars": few }));
    assert!(
        status == 422 && fault["error"]["message"].as_str().unwrap().contains("5 were posted"),
        "{fault}"
    );
    let response =
        served.client.get(format!("{}/livez", served.base)).header("x-request-id", "mine-1").send().unwrap();
    assert_eq!(response.headers()["x-request-id"], "mine-1");
    // One that could break a log is replaced.
    let response =
        served.client.get(format!("{}/livez", served.base)).header("x-request-id", "a b").send().unwrap();
    assert_ne!(response.headers()["x-request-id"], "a b");
}

#[test]
fn without_the_token_nothing_is_said() {
    let bench = Bench::new();
    bench.write("token", "0123456789abcdef\n");
    bench.write("short", "0123");
    let served = Served::start(bench.directory(), &["--model", "forest", "--token-file", "token"]);
    let asked = |token: Option<&str>| {
        let request = served.client.get(format!("{}/v1/status", served.base));
        let request =
            token.map(|token| request.try_clone().unwrap().header("authorization", token)).unwrap_or(request);
        request.send().unwrap().status().as_u16()
    };
    for wrong in [
        None,
        Some("Bearer 0123456789abcdeg"),
        Some("Bearer "),
        Some("Basic 0123456789abcdef"),
        Some("0123456789abcdef"),
    ] {
        assert_eq!(asked(wrong), 401, "{wrong:?}");
    }
    assert_eq!((asked(Some("Bearer 0123456789abcdef")), asked(Some("bearer 0123456789abcdef"))), (200, 200));
    for open in ["/livez", "/readyz", "/metrics", "/ping", "/"] {
        assert_eq!(served.send(open).status(), 200, "{open}");
    }
    for (arguments, said) in [
        (&["--bind", "0.0.0.0:0"][..], "--token-file"),
        (&["--bind", "127.0.0.1:0", "--token-file", "short"], "give it 16 or more"),
        (&["--bind", "127.0.0.1:0", "--token-file", "missing"], "can't read the token"),
        (&["--bind", "127.0.0.1:0", "--feed", "carrier-pigeon"], "there is no feed"),
        (&["--bind", "127.0.0.1:0", "--warm", "missing.csv"], "missing.csv"),
    ] {
        let message = one_line(&bench.run(&[&["serve", "--model", "forest"], arguments].concat()));
        assert!(message.contains(said), "{message}");
    }
    let taken = served.base.strip_prefix("http://").unwrap();
    let message = one_line(&bench.run(&["serve", "--model", "forest", "--bind", taken]));
    assert!(message.contains("another process has the port"), "{message}");
}

/// What is posted without end, packed without end, or never sent, costs nothing.
#[test]
fn abuse_is_cut_off_and_others_are_answered() {
    let bench = Bench::new();
    let served = Served::start(bench.directory(), &["--model", "forest", "--max-body-mb", "1"]);
    let address = served.base.strip_prefix("http://").unwrap().to_owned();
    let idle: Vec<TcpStream> = (0..300).map(|_| TcpStream::connect(&address).unwrap()).collect();
    let mut slow = TcpStream::connect(&address).unwrap();
    slow.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    let bomb = {
        // 64 MB of zeros.
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let zeros = vec![0; 1 << 20];
        (0..64).for_each(|_| packer.write_all(&zeros).unwrap());
        packer.finish().unwrap()
    };
    for path in ["/v1/predict", "/invocations", "/v2/models/forest/infer"] {
        let url = format!("{}{path}", served.base);
        let packed =
            served.client.post(&url).header("content-encoding", "gzip").body(bomb.clone()).send().unwrap();
        assert_eq!(packed.status(), 413, "{path}");
        let large = served.client.post(&url).body(vec![b' '; 3 << 20]).send();
        // The answer may be lost when the connection is cut while the body is being sent.
        assert!(large.is_err() || large.unwrap().status() == 413);
        let other = served.client.post(&url).header("content-encoding", "br").body("x").send().unwrap();
        assert_eq!(other.status(), 415);
    }
    for path in ["/../etc/passwd", "/v1/regime/..%2f..%2fetc%2fpasswd", "/v2/models/..%2f..", "/%00"] {
        let mut raw = TcpStream::connect(&address).unwrap();
        write!(raw, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        raw.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 404"), "{path}: {text}");
    }
    assert_eq!(served.get("/livez").0, 200);
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut rest = Vec::new();
    // Cut off: the end of the stream, or a reset.
    let _ = slow.read_to_end(&mut rest);
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    assert_eq!(served.get("/livez").0, 200);
    drop(idle);
}

fn promote(root: &Path, from: Option<&str>, to: &str) {
    let registry = Registry::new(root);
    let locked = registry.lock("forest").unwrap();
    let version = |text: &str| text.parse().unwrap();
    let one = AliasMove {
        alias: Alias::Champion,
        from: from.map(version),
        to: Some(version(to)),
        at: "2026-01-01T00:00:00Z".to_owned(),
        by: "promote".to_owned(),
        forced: true,
        evidence: Value::Null,
    };
    locked.move_aliases(vec![one]).unwrap();
}

/// Champions change while requests come: none fails, and every answer is one version's own.
#[test]
fn another_champion_is_taken_without_a_failed_or_mixed_answer_and_a_broken_one_is_not() {
    let bench = Bench::new();
    bench.add_version("forest", "0.2.0", 300, Timeframe::HOUR);
    bench.add_version("forest", "0.3.0", 450, Timeframe::HOUR);
    bench.add_version("forest", "0.4.0", 450, Timeframe::MINUTE);
    promote(bench.directory(), None, "0.1.0");
    let bars = bar_lines();
    let posted: Vec<Value> = bars.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let body = json!({ "symbol": "BARS", "bars": posted });
    // What each version says of the newest bar.
    let expected: Vec<(String, Value)> = ["0.1.0", "0.2.0"]
        .iter()
        .map(|version| {
            bench.predicted(&format!("forest/{version}"), "bars.csv", "out.jsonl", &["--symbol", "BARS"]);
            let last: Value = serde_json::from_str(bench.read("out.jsonl").lines().last().unwrap()).unwrap();
            (format!("forest/{version}"), last["probabilities"].clone())
        })
        .collect();
    assert_ne!(expected[0].1, expected[1].1);
    let mut served = Served::start(
        bench.directory(),
        &["--model", "forest@champion", "--feed", "stdin", "--history", "h.db", "--reload-every-s", "1"],
    );
    served.feed(bars.iter().map(String::as_str));
    served.wait("/v1/regime/BARS", |regime| regime["timestamp"].as_i64().is_some_and(|at| at > 0));
    served.wait("/v1/status", |status| status["symbols"][0]["bars"] == 600);
    let ends = AtomicBool::new(false);
    let fits = |prediction: &Value| {
        let known = expected.iter().find(|(version, _)| prediction["model_version"] == **version);
        assert_eq!(known.map(|(_, p)| p), Some(&prediction["probabilities"]), "{prediction}");
    };
    let served = &served;
    std::thread::scope(|scope| {
        for turn in 0..3 {
            let (ends, fits, body) = (&ends, &fits, &body);
            scope.spawn(move || {
                while !ends.load(Ordering::Acquire) {
                    let (status, answer) = if turn == 0 {
                        served.post("/v1/predict", body)
                    } else {
                        served.get("/v1/regime/BARS")
                    };
                    assert_eq!(status, 200, "{answer}");
                    fits(if turn == 0 { &answer["predictions"][0] } else { &answer });
                }
            });
        }
        promote(bench.directory(), Some("0.1.0"), "0.2.0");
        served.wait("/v1/regime/BARS", |regime| regime["model_version"] == "forest/0.2.0");
        promote(bench.directory(), Some("0.2.0"), "0.1.0");
        served.wait("/v1/regime/BARS", |regime| regime["model_version"] == "forest/0.1.0");
        ends.store(true, Ordering::Release);
    });
    // A champion with a flipped byte: the old one goes on, and says why.
    let broken = bench.path("forest/0.3.0/forest");
    let file = std::fs::read_dir(&broken).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    promote(bench.directory(), Some("0.1.0"), "0.3.0");
    let status = served.wait("/v1/status", |status| !status["model"]["reload_error"].is_null());
    let why = status["model"]["reload_error"].as_str().unwrap();
    assert!(why.contains("damaged") && why.contains("forest/0.1.0 goes on"), "{why}");
    assert_eq!(served.get("/v1/regime/BARS").1["model_version"], "forest/0.1.0");
    let (_, monitoring) = served.get("/v1/monitoring");
    assert_eq!(monitoring["alerts"][0]["rule"], "reload");
    // One that takes bars of another length can't go on with those of the feed.
    promote(bench.directory(), Some("0.3.0"), "0.4.0");
    let other = |status: &Value| {
        status["model"]["reload_error"].as_str().is_some_and(|why| why.contains("takes 1m bars"))
    };
    served.wait("/v1/status", other);
    assert_eq!(served.get("/v1/regime/BARS").1["model_version"], "forest/0.1.0");
    promote(bench.directory(), Some("0.4.0"), "0.1.0");
    let (_, recovered) = (0, served.wait("/v1/monitoring", |now| !now["alerts"][0]["resolved_at"].is_null()));
    assert_eq!(recovered["alerts"][0]["rule"], "reload");
}

#[test]
fn events_are_told_as_they_happen() {
    let bench = Bench::new();
    let bars = bar_lines();
    let mut served = Served::start(bench.directory(), &["--model", "forest", "--feed", "stdin"]);
    served.feed(bars[..599].iter().map(String::as_str));
    served.wait("/v1/status", |status| status["symbols"][0]["bars"] == 599);
    let mut events = TcpStream::connect(served.base.strip_prefix("http://").unwrap()).unwrap();
    events.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    events.write_all(b"GET /v1/events?symbol=BARS HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut text = String::new();
    let mut read = |until: &str| {
        let mut buffer = [0; 4096];
        while !text.contains(until) {
            let n = events.read(&mut buffer).unwrap();
            assert!(n > 0, "ended: {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
        text.clone()
    };
    read("\r\n\r\n");
    served.feed([bars[599].as_str()]);
    let told = read("event: outcome");
    assert!(told.contains("event: prediction") && told.contains("event: bar"), "{told}");
    // It ends with the service, which does not wait for listeners.
    assert!(served.end());
}
