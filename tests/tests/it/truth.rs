//! Where regimes are easy to see a model must see them; where labels are shuffled it must not.

use serde_json::Value;

use crate::workshop::Workshop;

const SETTINGS: [&str; 4] =
    ["label.horizon=3", "random_forest.trees=60", "random_forest.min_leaf=50", "validation.folds=5"];

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn a_forest_finds_easy_regimes() {
    let workshop = Workshop::new();
    let bars = workshop.market("easy", 8000);
    let run = workshop.train(&bars, "out", &SETTINGS, &[]);
    let model = &run.report["models"][0];
    assert_eq!(model["beats_every_baseline"], true, "{}", model["verdict"]);
    assert_eq!(run.report["label"]["shuffled"], false);
    for baseline in ["majority", "persistence"] {
        let difference = &model["versus"][baseline];
        assert!(number(&difference["log_loss"]["high"]) < 0.0, "{baseline}: {difference}");
        // The paired difference is that of the two scores.
        for metric in ["log_loss", "accuracy"] {
            let [ours, theirs] = [&model["metrics"], &run.report["baselines"][baseline]]
                .map(|metrics| number(&metrics[metric]["mean"]));
            assert!((number(&difference[metric]["mean"]) - (ours - theirs)).abs() < 1e-9, "{metric}");
        }
    }
}

#[test]
fn shuffled_labels_teach_nothing() {
    let workshop = Workshop::new();
    let bars = workshop.market("easy", 8000);
    let settings = [&SETTINGS[..], &["validation.shuffle_labels=true"]].concat();
    let run = workshop.train(&bars, "out", &settings, &[]);
    let model = &run.report["models"][0];
    assert_eq!(run.report["label"]["shuffled"], true);
    assert_eq!(model["status"], "ok");
    assert_eq!(model["beats_every_baseline"], false, "{}", model["verdict"]);
    let majority = &model["versus"]["majority"];
    assert!(number(&majority["log_loss"]["high"]) >= 0.0, "log-loss below the majority's: {majority}");
    assert!(number(&majority["accuracy"]["low"]) <= 0.0, "accuracy above the majority's: {majority}");
    let auc = &model["metrics"]["roc_auc"];
    assert!(number(&auc["low"]) <= 0.5, "ranks the classes: {auc}");
}
