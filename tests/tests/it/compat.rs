//! Bundles of every format version there was load and say what they said (`tests/compat`).

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::workshop::{Workshop, command_line};

#[test]
fn bundles_of_every_format_still_say_the_same() {
    let workshop = Workshop::new();
    let bars = workshop.path("bench.csv");
    let out = bars.display().to_string();
    let arguments = ["synth", "--preset", "bench", "--bars", "1500", "--seed", "7", "--out", &out];
    trainer::run(command_line(&arguments), &mut Vec::new()).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("compat");
    let mut versions = 0;
    for entry in fs::read_dir(root).unwrap() {
        let directory = entry.unwrap().path();
        if !directory.is_dir() {
            continue;
        }
        versions += 1;
        let said = workshop.predict(&directory.join("bundle"), &bars);
        let expected = fs::read_to_string(directory.join("expected.jsonl")).unwrap();
        for line in expected.lines() {
            let expected: Value = serde_json::from_str(line).unwrap();
            let answer = said.iter().find(|answer| answer["timestamp"] == expected["timestamp"]);
            let answer = answer.unwrap_or_else(|| panic!("{} is not answered", expected["timestamp"]));
            assert_near(answer, &expected, "");
        }
    }
    assert!(versions > 0);
}

/// Everything that was said then is said now, numbers within what other instructions may change.
fn assert_near(now: &Value, then: &Value, place: &str) {
    match then {
        Value::Number(number) => {
            let (now, then) = (now.as_f64().unwrap_or(f64::NAN), number.as_f64().unwrap());
            assert!((now - then).abs() <= 1e-5 * then.abs().max(1.0), "{place}: {now}, {then}");
        }
        Value::Object(map) => {
            for (key, value) in map.iter().filter(|(key, _)| *key != "latency_ms") {
                assert_near(&now[key], value, &format!("{place}/{key}"));
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                assert_near(&now[index], value, &format!("{place}/{index}"));
            }
        }
        other => assert_eq!(now, other, "{place}"),
    }
}
