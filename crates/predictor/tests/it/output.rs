//! The two forms of the output and the fields that they promise.

use serde_json::Value;

use crate::bench::Bench;

const FIELDS: [&str; 21] = [
    "symbol",
    "taxonomy",
    "predicted_regime",
    "probabilities",
    "confidence",
    "quality_score",
    "horizon",
    "timestamp",
    "prediction_set",
    "abstained",
    "forecast_interval",
    "uncertainty",
    "disagreement",
    "members",
    "weights",
    "missing",
    "source",
    "fallback_level",
    "fallback_reason",
    "model_version",
    "latency_ms",
];

fn json_lines(bench: &Bench, model: &str, more: &[&str]) -> Vec<Value> {
    bench.predicted(model, "bars.csv", "out.jsonl", more);
    bench.read("out.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn json_lines_have_every_field() {
    let bench = Bench::new();
    for model in ["forest", "lstm"] {
        let lines = json_lines(&bench, model, &["--symbol", "BTCUSDT"]);
        assert!(lines.len() > 500);
        for line in &lines {
            let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
            assert_eq!(keys, FIELDS);
            let p = line["probabilities"].as_object().unwrap();
            assert!(p.keys().eq(["low", "high"]));
            let p: Vec<f64> = p.values().map(|p| p.as_f64().unwrap()).collect();
            assert!((p[0] + p[1] - 1.0).abs() < 1e-9);
            let top = f64::max(p[0], p[1]);
            assert_eq!(line["predicted_regime"], if p[0] >= p[1] { "low" } else { "high" });
            assert_eq!(line["confidence"], top);
            assert!((line["quality_score"].as_f64().unwrap() - (0.6 * top + 0.4)).abs() < 1e-12);
            let entropy: f64 = p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
            assert!((line["uncertainty"].as_f64().unwrap() - entropy / 2.0_f64.ln()).abs() < 1e-9);
            // The bundle's threshold: classes whose probability is at least 0.4.
            let set: Vec<&str> = ["low", "high"]
                .into_iter()
                .zip(&p)
                .filter(|(_, p)| 1.0 - **p <= 0.6)
                .map(|(k, _)| k)
                .collect();
            assert_eq!(line["prediction_set"], serde_json::json!(set));
            // A mean of one member is that member, but for the rounding of its weight.
            let member: Vec<f64> = serde_json::from_value(line["members"][model].clone()).unwrap();
            assert!(member.len() == 2 && member.iter().zip(&p).all(|(a, b)| (a - b).abs() < 1e-12));
            assert_eq!(line["symbol"], "BTCUSDT");
            assert_eq!(line["taxonomy"], "volatility");
            assert_eq!(line["horizon"], 1);
            assert_eq!(line["source"], "model");
            assert_eq!(line["fallback_level"], 0);
            assert_eq!(line["model_version"], format!("{model}/0.1.0"));
            assert!(line["latency_ms"].as_f64().unwrap() >= 0.0);
        }
        // The last prediction is known when the last bar closes, an hour after it opened.
        let text = bench.read("bars.csv");
        let opened: i64 = text.lines().last().unwrap().split(',').next().unwrap().parse().unwrap();
        assert_eq!(lines.last().unwrap()["timestamp"], opened + 3_600_000);
    }
}

#[test]
fn the_table_says_what_the_lines_say() {
    let bench = Bench::new();
    let lines = json_lines(&bench, "forest", &[]);
    bench.predicted("forest", "bars.csv", "out.csv", &[]);
    let table = bench.read("out.csv");
    let mut rows = table.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    let expected: Vec<&str> = FIELDS
        .into_iter()
        .flat_map(|field| match field {
            "probabilities" => vec!["p_low", "p_high"],
            "members" => vec!["forest_low", "forest_high"],
            "weights" => vec!["forest_weight"],
            "forecast_interval" => vec!["forecast_low", "forecast_high"],
            field => vec![field],
        })
        .collect();
    for field in &expected {
        assert!(header.contains(field), "no {field} in {header:?}");
    }
    assert_eq!(header.len(), expected.len());
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(&lines) {
        let cell = |name: &str| row[header.iter().position(|known| *known == name).unwrap()];
        let number = |name: &str| cell(name).parse::<f64>().unwrap();
        for name in ["symbol", "taxonomy", "predicted_regime", "source", "model_version"] {
            assert_eq!(cell(name), line[name]);
        }
        for name in ["confidence", "quality_score", "uncertainty", "horizon", "timestamp", "fallback_level"] {
            assert!((number(name) - line[name].as_f64().unwrap()).abs() < 1e-12, "{name}");
        }
        for (class, index) in [("low", 0), ("high", 1)] {
            assert_eq!(line["probabilities"][class], number(&format!("p_{class}")));
            assert_eq!(line["members"]["forest"][index], number(&format!("forest_{class}")));
        }
        let set: Vec<&str> = cell("prediction_set").split('|').filter(|class| !class.is_empty()).collect();
        assert_eq!(line["prediction_set"], serde_json::json!(set));
    }
}

#[test]
fn the_form_can_be_chosen() {
    let bench = Bench::new();
    bench.predicted("forest", "bars.csv", "a.csv", &["--format", "jsonl"]);
    assert!(bench.read("a.csv").starts_with('{'));
    bench.predicted("forest", "bars.csv", "a.jsonl", &["--format", "csv"]);
    assert!(bench.read("a.jsonl").starts_with("symbol,"));
}

/// The same bundle and bars give the same answers, whatever the threads.
#[test]
fn threads_do_not_matter() {
    let bench = Bench::new();
    let answers = |threads| -> Vec<Value> {
        let lines = json_lines(&bench, "lstm", &["--threads", threads]);
        lines.into_iter().map(|line| line["probabilities"].clone()).collect()
    };
    assert_eq!(answers("1"), answers("2"));
}
