//! The filter of the hidden Markov model against hmmlearn.

use detectors::{GaussianHmm, HmmFilter, RegimeInputs};

use crate::golden::{expected, models, series};

#[test]
fn inputs_are_those_of_pandas() {
    let (series, golden) = (series(), expected());
    let mut warm = 0;
    for segment in series.segments() {
        let mut inputs = RegimeInputs::new();
        for t in segment.clone() {
            let observation = inputs.update(&series.bars()[t]);
            assert_eq!(observation.is_some(), golden[t].is_some(), "bar {t}");
            let (Some(observation), Some(expected)) = (observation, &golden[t]) else { continue };
            for (got, wanted) in observation.iter().zip(expected.observation) {
                assert!((got - wanted).abs() < 1e-9, "bar {t}: {got}, pandas {wanted}");
            }
            warm += 1;
        }
    }
    assert_eq!(warm, 2400 - 2 * 288);
}

#[test]
fn filtered_probabilities_are_those_of_hmmlearn() {
    let series = series();
    let model: GaussianHmm = serde_json::from_value(models()["hmm"].clone()).unwrap();
    let mut filter = HmmFilter::new(&model, series.timeframe(), series.gaps());
    let mut worst = 0.0_f64;
    for (t, (bar, expected)) in series.bars().iter().zip(expected()).enumerate() {
        let probabilities = filter.update(bar);
        assert_eq!(probabilities.is_some(), expected.is_some(), "bar {t}");
        let (Some(probabilities), Some(expected)) = (probabilities, expected) else { continue };
        for (got, wanted) in probabilities.iter().zip(expected.probabilities) {
            worst = worst.max((got - wanted).abs());
        }
    }
    println!("worst difference {worst:.1e}");
    assert!(worst < 1e-8, "{worst:.1e}");
}
