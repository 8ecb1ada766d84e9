//! A whole run: bars to report, charts and bundle, and the bundle to predictions.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::schemas::{assert_follows, schema};
use crate::workshop::{Row, Run, Workshop};

const METRICS: [&str; 6] = ["accuracy", "balanced_accuracy", "macro_f1", "log_loss", "brier", "roc_auc"];
const CLASSES: [&str; 3] = ["bearish", "neutral", "bullish"];

fn trained() -> (Workshop, Run) {
    let workshop = Workshop::new();
    let run = workshop.train(&workshop.market("bench", 4000), "out", &[], &["--keep-folds"]);
    (workshop, run)
}

fn assert_scores(metrics: &Value) {
    for name in METRICS {
        let [low, mean, high] =
            ["low", "mean", "high"].map(|part| metrics[name][part].as_f64().expect("a number"));
        assert!(low <= mean && mean <= high && low < high + 1e-12, "{name}: {low} {mean} {high}");
    }
}

#[test]
fn the_report_has_every_promised_field() {
    let (_workshop, run) = trained();
    let report = &run.report;
    assert_follows(&schema("report"), report);
    let model = &report["models"][0];
    assert_eq!(model["name"], "random_forest");
    assert_eq!(model["label"], "forward_direction");
    assert!(model["verdict"].as_str().unwrap().starts_with("random_forest "));
    assert_scores(&model["metrics"]);
    assert_scores(&report["baselines"]["majority"]);
    assert_scores(&report["baselines"]["persistence"]);
    assert_eq!(model["folds"].as_array().unwrap().len(), 3);
    assert_eq!(report["data"]["quality"]["rows"], 4000);
    let importance = report["feature_importance"].as_array().unwrap();
    let schema = run.manifest();
    assert_eq!(importance.len(), schema["schema"]["columns"].as_array().unwrap().len());
    let number = |value: &Value| value.as_f64().expect("a number");
    let total: f64 = importance.iter().map(|row| number(&row["impurity"])).sum();
    assert!((total - 1.0).abs() < 1e-9, "{total}");
    let permutation: Vec<f64> = importance.iter().map(|row| number(&row["permutation"]["value"])).collect();
    assert!(permutation.is_sorted_by(|a, b| a >= b), "most important first");
    assert!(importance.iter().all(|row| row["feature"].is_string()));
}

/// The scores that can be recomputed from the file of predictions are those of the report.
#[test]
fn the_scores_are_those_of_the_predictions() {
    let (_workshop, run) = trained();
    let rows = run.predictions();
    let model = &run.report["models"][0];
    assert_eq!(run.report["validation"]["out_of_sample_rows"], rows.len());
    let class = |name: &String| CLASSES.iter().position(|known| known == name).unwrap();
    let mut confusion = [[0_u64; 3]; 3];
    for row in &rows {
        confusion[class(&row.label)][class(&row.predicted)] += 1;
    }
    assert_eq!(model["confusion_matrix"], serde_json::to_value(confusion).unwrap());
    assert_eq!(confusion.iter().flatten().sum::<u64>(), rows.len() as u64);

    let mean = |of: &dyn Fn(&Row) -> f64| rows.iter().map(of).sum::<f64>() / rows.len() as f64;
    let accuracy = mean(&|row| f64::from(row.label == row.predicted));
    let log_loss = mean(&|row| -row.probabilities[class(&row.label)].max(1e-15).ln());
    let brier = mean(&|row| {
        let truth = class(&row.label);
        let difference = |(k, p): (usize, &f64)| (p - f64::from(u8::from(k == truth))).powi(2);
        row.probabilities.iter().enumerate().map(difference).sum()
    });
    for (name, expected) in [("accuracy", accuracy), ("log_loss", log_loss), ("brier", brier)] {
        let found = model["metrics"][name]["mean"].as_f64().unwrap();
        assert!((found - expected).abs() < 1e-9, "{name}: {found}, recomputed {expected}");
    }
    for (fold, scores) in model["folds"].as_array().unwrap().iter().enumerate() {
        assert_eq!(scores["rows"], rows.iter().filter(|row| row.fold == fold).count());
    }
}

#[test]
fn every_chart_is_drawn_twice() {
    let (_workshop, run) = trained();
    let mut stems: Vec<String> = Vec::new();
    for entry in fs::read_dir(&run.directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "png") {
            assert_picture(&path);
            let svg = fs::read_to_string(path.with_extension("svg")).unwrap();
            assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{}", path.display());
            assert!(svg.matches('<').count() > 30, "{} is nearly empty", path.display());
            stems.push(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
    }
    for chart in ["confusion_matrix", "feature_importance"] {
        assert!(stems.iter().any(|stem| stem.starts_with(chart)), "no {chart} in {stems:?}");
    }
    let html = fs::read_to_string(run.directory.join("report.html")).unwrap();
    assert!(html.contains(run.report["models"][0]["verdict"].as_str().unwrap().split(' ').next().unwrap()));
    assert!(!html.contains("src=\"http") && !html.contains("href=\"http"), "the page needs no network");
}

/// A PNG of a useful size with more on it than its background.
fn assert_picture(path: &Path) {
    let file = std::io::BufReader::new(fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert!(frame.width >= 300 && frame.height >= 200, "{}", path.display());
    let bytes = frame.color_type.samples();
    let background = pixels[..bytes].to_vec();
    let drawn = pixels[..frame.buffer_size()].chunks(bytes).filter(|pixel| **pixel != background).count();
    let share = drawn as f64 / (f64::from(frame.width) * f64::from(frame.height));
    assert!(share > 0.005, "{} has {share} of its pixels drawn", path.display());
}

#[test]
fn the_bundle_predicts() {
    let (workshop, run) = trained();
    assert_follows(&schema("manifest"), &run.manifest());
    let predictions = workshop.predict(&run.bundles[0], &workshop.path("bench.csv"));
    let required = pipeline::Bundle::load(&run.bundles[0]).unwrap().pipeline.required_bars();
    assert_eq!(predictions.len(), 4000 - required + 1);
    let validator = schema("prediction");
    for line in &predictions {
        assert_follows(&validator, line);
        let p: Vec<(&String, f64)> = line["probabilities"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(k, p)| (k, p.as_f64().unwrap()))
            .collect();
        assert!((p.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-9);
        let (top, confidence) = p.iter().copied().reduce(|a, b| if b.1 > a.1 { b } else { a }).unwrap();
        assert_eq!(line["predicted_regime"], *top);
        assert_eq!(line["confidence"], confidence);
        assert_eq!(line["model_version"], "random_forest/0.1.0");
        let set: Vec<&str> =
            line["prediction_set"].as_array().unwrap().iter().map(|class| class.as_str().unwrap()).collect();
        assert!(set.iter().all(|class| CLASSES.contains(class)));
    }
    // A second run makes the next version and leaves the first alone.
    let again = workshop.train(&workshop.path("bench.csv"), "out", &[], &[]);
    assert_eq!(again.manifest()["facts"]["version"], "0.2.0");
    assert!(run.bundles[0].join(pipeline::MANIFEST_FILE).is_file());
}
