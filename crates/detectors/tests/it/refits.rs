//! The identity of a state over refits.

use detectors::{GaussianHmm, HmmConfig, JumpConfig, JumpModel, MatchError};
use serde_json::Value;

use crate::golden::{models, series};

/// The same states in another order: the first becomes the last.
fn rotated(mut model: Value, lists: &[&str]) -> Value {
    for list in lists {
        model[list].as_array_mut().unwrap().rotate_left(1);
    }
    for row in model["transitions"].as_array_mut().into_iter().flatten() {
        row.as_array_mut().unwrap().rotate_left(1);
    }
    model
}

#[test]
fn a_reordered_model_is_put_in_order_again() {
    let stored = models()["hmm"].clone();
    let hmm: GaussianHmm = serde_json::from_value(stored.clone()).unwrap();
    let other: GaussianHmm =
        serde_json::from_value(rotated(stored, &["states", "transitions", "start"])).unwrap();
    assert_ne!(other, hmm);
    assert_eq!(other.matched_to(&hmm).unwrap(), hmm);

    let stored = models()["jump"].clone();
    let jump: JumpModel = serde_json::from_value(stored.clone()).unwrap();
    let other: JumpModel = serde_json::from_value(rotated(stored, &["centroids"])).unwrap();
    assert_ne!(other, jump);
    assert_eq!(other.matched_to(&jump).unwrap(), jump);
}

/// Distances are taken in the units of the market, not in those of each fit.
#[test]
fn models_with_other_units_are_matched_by_what_they_mean() {
    let model = |scale: [f64; 2], centroids: [[f64; 2]; 2]| -> JumpModel {
        let text = serde_json::json!({
            "centre": [0.5, 0.0], "scale": scale, "penalty": 50.0, "centroids": centroids, "objective": 0.0
        });
        serde_json::from_value(text).unwrap()
    };
    let earlier = model([1.0, 1.0], [[1.0, -1.0], [-1.0, 1.0]]);
    let centroids = [[2.0, 1.0], [-2.0, -1.0]];
    let alike = model([1.0, 1.0], centroids).matched_to(&earlier).unwrap();
    assert_eq!(alike.centroids(), centroids);
    // In the earlier one's units these lie at ±(.5, 1): volatility now says more than drift.
    let other = model([0.25, 1.0], centroids).matched_to(&earlier).unwrap();
    assert_eq!(other.centroids(), [centroids[1], centroids[0]]);
    let earlier = model([4.0, 1.0], [[1.0, -1.0], [-1.0, 1.0]]);
    assert_eq!(model([1.0, 1.0], centroids).matched_to(&earlier).unwrap().centroids(), other.centroids());
}

#[test]
fn refits_keep_the_states() {
    let series = series();
    let config = JumpConfig { penalty: 5.0, ..JumpConfig::default() };
    let first = JumpModel::fit(&series, 1300, &config).unwrap();
    let refit = JumpModel::fit(&series, 1700, &config).unwrap().matched_to(&first).unwrap();
    let (a, b) = (first.filter_series(&series, 2400), refit.filter_series(&series, 2400));
    let known = a.iter().flatten().count();
    let same = a.iter().zip(&b).filter(|(a, b)| a.is_some() && a == b).count();
    assert!(same * 10 > known * 8, "{same} of {known}");

    let hmm = GaussianHmm::fit(&series, 1700, &HmmConfig { states: 2, ..HmmConfig::default() }).unwrap();
    let three = GaussianHmm::fit(&series, 1700, &HmmConfig::default()).unwrap();
    assert_eq!(three.matched_to(&hmm).unwrap_err(), MatchError { ours: 3, earlier: 2 });
}
