//! One pipeline: whole files, bar by bar, standard input and requests say the same.

use std::fs;

use serde_json::{Value, json};

use crate::bench::{Bench, bar_lines, required_bars};
use crate::served::Served;

/// Predictions of a file of lines, without the time that they took.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    let without_latency = |line: &str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("latency_ms");
        value
    };
    text.lines().map(without_latency).collect()
}

#[test]
fn a_file_whole_bar_by_bar_on_standard_input_and_posted_is_the_same() {
    let bench = Bench::new();
    bench.write("bars.jsonl", bar_lines().join("\n"));
    for model in ["forest", "lstm"] {
        bench.predicted(model, "bars.csv", "whole.jsonl", &["--symbol", "BARS"]);
        let whole = lines(&bench.read("whole.jsonl"));
        let replayed = bench.run(&[
            "replay",
            "--model",
            model,
            "--input",
            "bars.csv",
            "--symbol",
            "BARS",
            "--output",
            "replayed.jsonl",
        ]);
        assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
        assert!(lines(&bench.read("replayed.jsonl")) == whole, "{model}: replay differs");
        let streamed = bench.run(&["stream", "--model", model, "--from", "bars.jsonl"]);
        assert!(streamed.status.success());
        assert!(lines(&String::from_utf8(streamed.stdout).unwrap()) == whole, "{model}: stream differs");
        let served = Served::start(bench.directory(), &["--model", model]);
        let bars: Vec<Value> = bar_lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (status, posted) =
            served.post("/v1/predict", &json!({ "symbol": "BARS", "bars": bars, "all": true }));
        assert_eq!(status, 200, "{posted}");
        let posted: Vec<String> =
            posted["predictions"].as_array().unwrap().iter().map(ToString::to_string).collect();
        assert!(lines(&posted.join("\n")) == whole, "{model}: posted bars differ");
        // Only the newest bars: from a cold start, but behind the settled warm-up of features without long memory.
        let required = required_bars(&bench.path(&format!("{model}/0.1.0")));
        let newest = &bars[bars.len() - required..];
        let (_, cold) = served.post("/v1/predict", &json!({ "bars": newest }));
        let (cold, warm) =
            (&cold["predictions"][0]["probabilities"], &whole[whole.len() - 1]["probabilities"]);
        for (class, p) in warm.as_object().unwrap() {
            assert!((p.as_f64().unwrap() - cold[class].as_f64().unwrap()).abs() < 1e-9);
        }
    }
}

#[test]
fn paper_trading_fills_at_the_next_open_and_says_how_the_account_stands() {
    let bench = Bench::new();
    bench.write("bars.jsonl", bar_lines().join("\n"));
    let streamed =
        bench.run(&["stream", "--model", "forest", "--from", "bars.jsonl", "--paper", "--fee-bps", "0"]);
    assert!(streamed.status.success(), "{}", String::from_utf8_lossy(&streamed.stderr));
    let first: Value =
        serde_json::from_str(String::from_utf8(streamed.stdout).unwrap().lines().next().unwrap()).unwrap();
    assert_eq!((&first["paper"]["equity"], &first["paper"]["orders"]), (&json!(10_000.0), &json!(0)));
    // Its classes are levels of volatility, and the bundle says nothing of how volatile they are.
    assert_eq!(first["signal"]["signal"], "neutral");
    let said = String::from_utf8(streamed.stderr).unwrap();
    assert!(said.contains("600 bars taken") && said.contains("on paper 10000.00"), "{said}");
}

#[test]
fn lines_that_are_no_bars_are_refused_with_their_number_or_left_out() {
    let bench = Bench::new();
    let mut bars = bar_lines();
    bars.insert(3, "{\"open_time\":1}".to_owned());
    bench.write("bars.jsonl", bars.join("\n"));
    let refused = bench.run(&["stream", "--model", "forest", "--from", "bars.jsonl"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("line 4: no bar (missing field `open`") && said.contains("--skip-invalid"),
        "{said}"
    );
    let skipped = bench.run(&["stream", "--model", "forest", "--from", "bars.jsonl", "--skip-invalid"]);
    assert!(skipped.status.success());
    assert!(String::from_utf8(skipped.stderr).unwrap().contains("600 bars taken"));
}

/// Bars that come twice, late, changed or not at all, between those that come as they should.
#[test]
fn faults_of_a_feed_change_no_prediction_and_are_counted() {
    let bench = Bench::new();
    let bars = bar_lines();
    bench.predicted("forest", "bars.csv", "whole.jsonl", &["--symbol", "BARS"]);
    let whole = lines(&bench.read("whole.jsonl"));
    let mut served =
        Served::start(bench.directory(), &["--model", "forest", "--feed", "stdin", "--history", "h.db"]);
    let mut fed: Vec<String> = Vec::new();
    for (place, bar) in bars.iter().enumerate() {
        fed.push(bar.clone());
        match place % 50 {
            10 => fed.push(bar.clone()),
            20 => fed.push(bars[place - 5].clone()),
            30 => fed.push(bar.replace("\"volume\":", "\"volume\":1")),
            40 => fed.push("garbage".to_owned()),
            _ => {}
        }
    }
    served.feed(fed.iter().map(String::as_str));
    let status = served.wait("/v1/status", |status| status["history"]["predictions"] == whole.len());
    let counts = &status["symbols"][0]["ingest"];
    assert_eq!(
        *counts,
        json!({ "taken": 600, "duplicate": 12, "revised": 12, "late": 12, "invalid": 0, "holes": 0 })
    );
    let (_, newest) = served.get("/v1/regime/BARS");
    assert_eq!(lines(&newest.to_string())[0], whole[whole.len() - 1]);
    // Every prediction once, with the outcome that the label gives it: higher volatility over the next bar than usual.
    let rows = served.history();
    assert_eq!(rows.len(), whole.len());
    for (row, expected) in rows.iter().zip(&whole) {
        assert_eq!(row["timestamp"], expected["timestamp"]);
        assert_eq!(row["probabilities"][1], expected["probabilities"]["high"]);
    }
    assert!(
        rows[rows.len() - 1]["outcome"].is_null()
            && rows[..rows.len() - 1].iter().all(|row| !row["outcome"].is_null())
    );
    let right = rows.iter().filter(|row| row["outcome"] == row["regime"]).count();
    let (_, summary) = served.get("/v1/history/summary?symbol=BARS&days=3650");
    assert_eq!(
        (&summary["total"]["correct"], &summary["total"]["resolved"]),
        (&json!(right), &json!(rows.len() - 1))
    );
    let (_, monitoring) = served.get("/v1/monitoring");
    let live = monitoring["accuracy"][0]["accuracy"].as_f64().unwrap();
    assert!((live - right as f64 / (rows.len() - 1) as f64).abs() < 1e-12);
    assert!(served.end());
}

/// Killed in the middle again and again, and begun again with bars that overlap those before.
#[test]
fn a_killed_server_goes_on_with_the_same_numbers_and_every_prediction_once() {
    let bench = Bench::new();
    let bars = bar_lines();
    for model in ["forest", "lstm"] {
        bench.predicted(model, "bars.csv", "whole.jsonl", &["--symbol", "BARS"]);
        let whole = lines(&bench.read("whole.jsonl"));
        let history = format!("{model}.db");
        for end in [150, 151, 290, 420, 600] {
            let mut served = Served::start(
                bench.directory(),
                &["--model", model, "--feed", "stdin", "--history", &history],
            );
            served.feed(bars[usize::saturating_sub(end, 200)..end].iter().map(String::as_str));
            let newest =
                serde_json::from_str::<Value>(&bars[end - 1]).unwrap()["open_time"].as_i64().unwrap()
                    + 3_600_000;
            // Published means acknowledged: it must be in the history whatever happens next.
            let seen = served.wait("/v1/regime/BARS", |regime| regime["timestamp"] == newest);
            assert_eq!(seen["fallback_level"], 0);
            served.kill();
        }
        let served = Served::start(bench.directory(), &["--model", model, "--history", &history]);
        let rows = served.history();
        assert_eq!(rows.len(), whole.len(), "{model}");
        for (row, expected) in rows.iter().zip(&whole) {
            assert_eq!(row["timestamp"], expected["timestamp"]);
            let p: Vec<Value> = expected["probabilities"].as_object().unwrap().values().cloned().collect();
            assert_eq!(row["probabilities"], json!(p), "{model} at {}", row["timestamp"]);
        }
        assert_eq!(
            rows.iter().filter(|row| row["outcome"].is_null()).count(),
            1,
            "outcomes are not lost either"
        );
        drop(served);
        fs::remove_file(bench.path(&history)).unwrap();
    }
}

/// Ended in order, the state is kept and the history is not taken any more.
#[test]
fn a_server_that_was_ended_goes_on_from_its_snapshot() {
    let bench = Bench::new();
    let bars = bar_lines();
    bench.predicted("lstm", "bars.csv", "whole.jsonl", &["--symbol", "BARS"]);
    let whole = lines(&bench.read("whole.jsonl"));
    let arguments = ["--model", "lstm", "--feed", "stdin", "--history", "h.db"];
    for part in [0..300, 300..600] {
        let mut served = Served::start(bench.directory(), &arguments);
        let expected = whole.len() - (600 - part.end);
        served.feed(bars[part].iter().map(String::as_str));
        served.wait("/v1/status", |status| status["history"]["predictions"] == expected);
        // A second process may not write the same history.
        let other = bench.run(&["serve", "--model", "lstm", "--history", "h.db", "--bind", "127.0.0.1:0"]);
        let said = String::from_utf8(other.stderr).unwrap();
        assert!(said.contains("another process writes the history"), "{said}");
        assert!(served.end());
    }
    let served = Served::start(bench.directory(), &arguments);
    let rows = served.history();
    let last = &whole[whole.len() - 1]["probabilities"];
    assert_eq!(rows[rows.len() - 1]["probabilities"], json!([last["low"], last["high"]]));
}

/// Bars of before make a symbol ready at once, and so does the history after a kill; a bar of the future is refused.
#[test]
fn a_server_speaks_at_once_from_bars_of_before_and_after_a_kill() {
    let bench = Bench::new();
    fs::copy(bench.path("bars.csv"), bench.path("BARS-1h.csv")).unwrap();
    bench.predicted("lstm", "bars.csv", "whole.jsonl", &["--symbol", "BARS"]);
    let whole = lines(&bench.read("whole.jsonl"));
    let last = &whole[whole.len() - 1];
    let served = Served::start(
        bench.directory(),
        &["--model", "lstm", "--warm", "BARS-1h.csv", "--feed", "stdin", "--history", "h.db"],
    );
    let said = served.wait("/v1/regime/BARS", |regime| regime["timestamp"] == last["timestamp"]);
    assert_eq!(lines(&said.to_string())[0], *last);
    served.wait("/v1/status", |status| status["history"]["predictions"] == 1);
    served.kill();
    let mut served =
        Served::start(bench.directory(), &["--model", "lstm", "--feed", "stdin", "--history", "h.db"]);
    let said = served.wait("/v1/regime/BARS", |regime| regime["timestamp"] == last["timestamp"]);
    assert_eq!(lines(&said.to_string())[0], *last);
    let future = bar_lines()[599].replace("\"open_time\":15", "\"open_time\":95");
    served.feed([future.as_str(), bar_lines()[599].as_str()]);
    let status = served.wait("/v1/status", |status| status["symbols"][0]["ingest"]["duplicate"] == 1);
    assert_eq!(status["symbols"][0]["ingest"]["taken"], 0);
    assert_eq!(served.history().len(), 1);
}
