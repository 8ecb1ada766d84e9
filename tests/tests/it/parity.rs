//! What the validation scored is what the predictor answers.

use std::collections::HashMap;

use crate::workshop::Workshop;

/// Each fold's bundle, given the whole file, repeats its fold's out-of-sample predictions.
fn folds_are_reproduced(model: &str, settings: &[&str]) {
    let models = format!("models=[\"{model}\"]");
    let settings = [&[&models[..]], settings].concat();
    let workshop = Workshop::new();
    let bars = workshop.with_hole(&workshop.market("bench", 6000), 3700..3800);
    let run = workshop.train(&bars, "out", &settings, &["--keep-folds"]);
    let rows = run.predictions();
    assert_eq!(rows.iter().map(|row| row.fold).max(), Some(2));
    for fold in 0..3 {
        let bundle = run.directory.join("folds").join(fold.to_string());
        let answers = workshop.predict(&bundle, &bars);
        let answers: HashMap<i64, _> =
            answers.iter().map(|answer| (answer["timestamp"].as_i64().unwrap(), answer)).collect();
        let rows: Vec<_> = rows.iter().filter(|row| row.fold == fold).collect();
        assert!(rows.len() > 300, "fold {fold} has {} rows", rows.len());
        for row in rows {
            let answer = answers.get(&row.timestamp).expect("every row of the fold is predicted");
            let p: Vec<f64> =
                answer["probabilities"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).collect();
            assert_eq!(p.len(), row.probabilities.len());
            for (answered, scored) in p.iter().zip(&row.probabilities) {
                assert!((answered - scored).abs() <= 1e-6, "fold {fold}, {}: {p:?}", row.timestamp);
            }
            assert_eq!(answer["predicted_regime"], row.predicted);
        }
    }
}

#[test]
fn forest_folds_are_reproduced() {
    folds_are_reproduced("random_forest", &[]);
}

#[test]
fn lstm_folds_are_reproduced() {
    folds_are_reproduced("lstm", &[]);
}

#[test]
fn transformer_folds_are_reproduced() {
    folds_are_reproduced("transformer", &[]);
}

#[test]
fn a_forecasters_folds_are_reproduced() {
    folds_are_reproduced("tirex", &[]);
}

#[test]
fn forecasts_of_folds_are_reproduced() {
    folds_are_reproduced("random_forest", &["forecast.context_bars=48", "forecast.stride_bars=7"]);
}
