//! Who looks at the truth.

use detection::{Detector, Draw, Knowledge};
use market::{Seed, TrendVol};
use synthetic::Preset;

/// With the states of the training half in another order, every answer stays but those of the forest.
#[test]
fn only_the_forest_sees_the_training_truth() {
    let draw = Draw::new(&Preset::Easy.parameters(), 3000, 1000, Seed(31));
    let turned: Vec<TrendVol> =
        draw.training_truth().iter().map(|state| TrendVol::ALL[(*state as usize + 1) % 6]).collect();
    let other = draw.clone().with_training_truth(&turned);
    for detector in Detector::ALL {
        let same = detector.answers(&draw).unwrap() == detector.answers(&other).unwrap();
        assert_eq!(same, detector.knows() != Knowledge::TrainingTruth, "{}", detector.name());
    }
}

#[test]
#[should_panic(expected = "range")]
fn the_forest_gets_no_truth_of_the_test() {
    let draw = Draw::new(&Preset::Easy.parameters(), 1000, 1000, Seed(31));
    let _ = detection::ForestProbabilities::fit(&draw, 1001);
}
