//! The same seed gives the same model, whatever the threads; another seed gives another.

use std::fs;
use std::path::Path;

use crate::workshop::{Run, Workshop};

/// Every file of the bundle but the manifest, which carries times and versions.
fn weights(run: &Run) -> Vec<(String, Vec<u8>)> {
    let manifest = run.manifest();
    let files = manifest["files"].as_array().unwrap().iter();
    files
        .map(|file| {
            let path = file["path"].as_str().unwrap();
            (path.to_owned(), fs::read(run.bundles[0].join(Path::new(path))).unwrap())
        })
        .collect()
}

fn same_seed_same_model(model: &str, settings: &[&str]) {
    let models = format!("models=[\"{model}\"]");
    let settings = [&[&models[..]], settings].concat();
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 4000);
    let train = |more: &[&str]| workshop.train(&bars, "out", &settings, more);
    let first = train(&[]);
    for threads in ["1", "2"] {
        let again = train(&["--threads", threads]);
        assert_eq!(again.content_hash(), first.content_hash(), "{threads} threads");
        assert!(weights(&again) == weights(&first), "{threads} threads");
        let predictions = |run: &Run| fs::read_to_string(run.directory.join("predictions.csv")).unwrap();
        assert!(predictions(&again) == predictions(&first), "{threads} threads");
        assert_eq!(again.report["models"][0]["metrics"], first.report["models"][0]["metrics"]);
    }
    let other = train(&["--seed", "8"]);
    assert_ne!(other.content_hash(), first.content_hash());
    assert!(weights(&other) != weights(&first));
    assert_eq!(other.manifest()["facts"]["seed"], 8);
}

#[test]
fn a_forest_follows_its_seed_alone() {
    same_seed_same_model("random_forest", &[]);
}

#[test]
fn an_lstm_follows_its_seed_alone() {
    same_seed_same_model("lstm", &[]);
}

#[test]
fn a_transformer_follows_its_seed_alone() {
    same_seed_same_model("transformer", &[]);
}

#[test]
fn a_forecasters_head_follows_its_seed_alone() {
    same_seed_same_model("tirex", &[]);
}

#[test]
fn the_same_seed_makes_the_same_market() {
    let [first, second] = [Workshop::new(), Workshop::new()];
    let text = |workshop: &Workshop, bars| fs::read_to_string(workshop.market("bench", bars)).unwrap();
    let (long, short) = (text(&first, 500), text(&second, 300));
    assert!(long.starts_with(&short));
}
