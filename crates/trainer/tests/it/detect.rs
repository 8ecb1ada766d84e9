//! `trainer detect`: detectors against known truth.

use serde_json::Value;

use crate::bench::{Bench, one_line};

const SMALL: [&str; 8] = ["detect", "--preset", "easy", "--seeds", "2", "--bars", "1500", "--quiet"];

#[test]
fn a_small_study_as_json_and_as_text() {
    let bench = Bench::new();
    let output = bench.run(&[&SMALL[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["preset"], "easy");
    assert_eq!(said["seeds"], serde_json::json!([1, 2]));
    assert_eq!(said["detectors"].as_array().unwrap().len(), 6);
    let filter = &said["detectors"][0];
    assert_eq!(filter["detector"], "bayes_filter");
    assert!(filter["summary"]["balanced_accuracy"]["six_state"]["mean"].as_f64().unwrap() > 0.5, "{filter}");
    let again = bench.run(&[&SMALL[..], &["--json", "--threads", "1"]].concat());
    assert_eq!(again.stdout, output.stdout, "the same at any number of threads");
    let text = String::from_utf8(bench.run(&SMALL).stdout).unwrap();
    for part in ["bayes_filter", "true parameters", "forest", "hidden_markov", "no gates"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn what_can_not_be_studied_is_refused() {
    let bench = Bench::new();
    let message = one_line(&bench.run(&["detect", "--preset", "hard"]));
    assert!(message.contains("hard") && message.contains("realistic, moderate, bench, easy"), "{message}");
    let message = one_line(&bench.run(&["detect", "--bars", "10", "--quiet"]));
    assert!(message.contains("10 bars") && message.contains("1000"), "{message}");
    let message = one_line(&bench.run(&["detect", "--seeds", "0", "--quiet"]));
    assert!(message.contains("at least"), "{message}");
}
