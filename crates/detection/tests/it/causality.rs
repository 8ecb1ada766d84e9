//! No detector looks ahead.

use detection::{Detector, Draw};
use market::Seed;
use synthetic::Preset;

const TRAINING: usize = 3000;

/// A longer market begins as a shorter one does, and so must the answers.
#[test]
fn a_later_bar_changes_no_earlier_answer() {
    let parameters = Preset::Easy.parameters();
    let long = Draw::new(&parameters, TRAINING, 1200, Seed(21));
    for detector in Detector::ALL {
        let answers = detector.answers(&long).unwrap();
        assert_eq!(answers.len(), TRAINING + 1200);
        for test_bars in [1, 2, 37, 700] {
            let short = Draw::new(&parameters, TRAINING, test_bars, Seed(21));
            let prefix = detector.answers(&short).unwrap();
            assert_eq!(prefix, answers[..TRAINING + test_bars], "{} at {test_bars}", detector.name());
        }
        assert!(answers[TRAINING..].iter().all(Option::is_some), "{}", detector.name());
    }
}

/// What is never fitted does not even depend on where training ends.
#[test]
fn the_bayes_filter_and_the_fixed_rule_learn_nothing() {
    let parameters = Preset::Easy.parameters();
    let one = Draw::new(&parameters, 1000, 1000, Seed(22));
    let other = Draw::new(&parameters, 1500, 500, Seed(22));
    for detector in [Detector::BayesFilter, Detector::FixedRule] {
        assert_eq!(detector.answers(&one).unwrap(), detector.answers(&other).unwrap(), "{}", detector.name());
    }
}
