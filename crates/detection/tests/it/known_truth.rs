//! Whoever knows the parameters sees most.

use detection::{Detector, Study};
use synthetic::Preset;

#[test]
fn nothing_beats_the_bayes_filter_on_the_six_states() {
    let study = Study { preset: Preset::Easy, first_seed: 41, draws: 4, bars: 5000 };
    let report = study.run(&|_| ()).unwrap();
    println!("{report}");
    assert_eq!(report.detectors.len(), Detector::ALL.len());
    for one in &report.detectors {
        let summary = one.summary.unwrap();
        let versus = summary.versus_bayes_filter.unwrap().six_state.mean;
        match one.detector {
            Detector::BayesFilter => assert!(versus.abs() < 1e-12),
            _ => assert!(versus < -0.01, "{}: {versus}", one.detector.name()),
        }
        // Six states by chance: a sixth.
        let own = summary.balanced_accuracy;
        assert!(own.six_state.mean > 0.4 && own.trend.mean > 0.5 && own.volatility.mean > 0.7, "{own:?}");
    }
}
