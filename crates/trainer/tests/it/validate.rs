//! `trainer validate --protocol leaky`: the wrong protocol flatters, and says so.

use serde_json::Value;

use crate::bench::{Bench, one_line};

const LEAKY: [&str; 7] = ["validate", "--protocol", "leaky", "--config", "small.toml", "--data", "bars.csv"];

#[test]
fn the_leaky_protocol_is_far_above_the_honest_one() {
    let bench = Bench::new();
    let output = bench.run(&[&LEAKY[..], &["--json", "--quiet"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mean = |protocol: &str| said[protocol]["accuracy"]["mean"].as_f64().unwrap();
    assert!(mean("leaky") > mean("honest") + 0.15, "{said}");
    assert!((said["inflation"].as_f64().unwrap() - (mean("leaky") - mean("honest"))).abs() < 1e-12);
    assert_eq!(said["honest"]["fold_accuracy"].as_array().unwrap().len(), 2);
    let configured = &said["configured"][0];
    assert_eq!(configured["model"], "random_forest");
    assert!(configured["versus_majority"]["log_loss"]["mean"].is_number(), "{said}");
    let again = bench.run(&[&LEAKY[..], &["--json", "--quiet", "--threads", "1"]].concat());
    assert_eq!(again.stdout, output.stdout, "the same at any number of threads");
}

#[test]
fn the_text_calls_it_a_lie() {
    let output = Bench::new().run(&[&LEAKY[..], &["--quiet"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["a LIE", "honest", "Never report", "random_forest honestly"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn other_protocols_are_refused() {
    let bench = Bench::new();
    let message = one_line(&bench.run(&["validate", "--protocol", "none", "--config", "small.toml"]));
    assert!(message.contains("leaky"), "{message}");
}
