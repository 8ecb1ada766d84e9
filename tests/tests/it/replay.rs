//! A fold's bundle, fed bar by bar as it would be live, repeats the fold's rows and what came.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::workshop::{Workshop, command_line};

/// Lines of a replay by the time of the bar.
fn replayed(workshop: &Workshop, bundle: &Path, bars: &Path) -> HashMap<i64, Value> {
    let output = workshop.path("replayed.jsonl");
    let paths = [bundle, bars, &output].map(|path| path.to_str().unwrap().to_owned());
    let [bundle, bars, out] = &paths;
    let arguments = ["replay", "--model", bundle, "--input", bars, "--output", out, "--outcomes"];
    predictor::run(command_line(&arguments), &mut Vec::new()).unwrap();
    let text = fs::read_to_string(&output).unwrap();
    let line = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        (value["timestamp"].as_i64().unwrap(), value)
    };
    text.lines().map(line).collect()
}

fn folds_repeat(label: &[&str], models: &str) {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 5000);
    let settings = [&[models], label].concat();
    let run = workshop.train(&bars, "out", &settings, &["--keep-folds"]);
    let text = fs::read_to_string(run.directory.join("predictions.csv")).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let several = models.contains("\", \"");
    let mut compared = 0;
    for fold in [0, 2] {
        let names: Vec<&str> = text.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
        let model = names[0];
        let directory = run.directory.join("folds").join(fold.to_string());
        let bundle = if several { directory.join(model) } else { directory };
        let lines = replayed(&workshop, &bundle, &bars);
        for cells in text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()) {
            if cells[0] != model || cells[1] != fold.to_string() {
                continue;
            }
            let line = &lines[&cells[2].parse().unwrap()];
            for (name, cell) in header.iter().zip(&cells).skip(5) {
                let replayed = line["probabilities"][name.strip_prefix("p_").unwrap()].as_f64().unwrap();
                assert_eq!(
                    replayed.to_bits(),
                    cell.parse::<f64>().unwrap().to_bits(),
                    "{model}, {}",
                    cells[2]
                );
            }
            assert_eq!(line["predicted_regime"], cells[4]);
            assert_eq!(line["outcome"], cells[3], "{}", cells[2]);
            compared += 1;
        }
    }
    assert!(compared > 800, "{compared}");
}

#[test]
fn trees_on_fixed_labels() {
    folds_repeat(&["label.kind=\"volatility\""], "models=[\"random_forest\"]");
    folds_repeat(&["label.kind=\"triple_barrier\""], "models=[\"boosting\"]");
}

/// The states are in the bundle: without them nobody could say live what came.
#[test]
fn a_network_on_learnt_states() {
    folds_repeat(&["label.kind=\"hmm\""], "models=[\"lstm\"]");
}
