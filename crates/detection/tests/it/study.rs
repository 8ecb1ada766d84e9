//! The study as a whole: the same at any number of threads, and honest about what it can't say.

use std::sync::atomic::{AtomicUsize, Ordering};

use detection::{Study, StudyError, Verdict};
use serde_json::Value;
use synthetic::Preset;

fn study(preset: Preset) -> Study {
    Study { preset, first_seed: 51, draws: 3, bars: 1500 }
}

fn on_threads(threads: usize) -> (String, String) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let report = pool.install(|| study(Preset::Easy).run(&|_| ())).unwrap();
    (serde_json::to_string(&report).unwrap(), report.to_string())
}

#[test]
fn any_number_of_threads_gives_the_same_report() {
    let one = on_threads(1);
    assert_eq!(on_threads(2), one);
    let report: Value = serde_json::from_str(&one.0).unwrap();
    assert_eq!(report["seeds"], serde_json::json!([51, 52, 53]));
    assert_eq!(report["detectors"][0]["detector"], "bayes_filter");
    assert_eq!(report["detectors"][1]["knows"], "training_truth");
    assert!(report["detectors"][1]["summary"]["versus_bayes_filter"]["trend"]["sd"].is_number());
    assert!(report["detectors"][5]["draws"][2]["scores"]["trend_switches"]["flicker"].is_number());
    assert!(one.1.contains("Preset easy has no gates."), "{}", one.1);
}

#[test]
fn every_draw_is_reported_as_done() {
    let done = AtomicUsize::new(0);
    study(Preset::Easy)
        .run(&|number| {
            done.fetch_max(number, Ordering::Relaxed);
        })
        .unwrap();
    assert_eq!(done.into_inner(), 3);
}

#[test]
fn too_few_draws_or_bars_are_no_verdict() {
    let report = study(Preset::Realistic).run(&|_| ()).unwrap();
    assert!(report.passes());
    assert_eq!(report.gates.len(), 1);
    assert_eq!(report.gates[0].verdict, Verdict::NotJudged);
    assert!(report.to_string().contains("10 draws or more of 12000 bars or more"), "{report}");
}

#[test]
fn what_can_not_be_studied_is_refused() {
    let none = Study { draws: 0, ..study(Preset::Easy) };
    assert_eq!(none.run(&|_| ()).unwrap_err(), StudyError::NoDraws);
    let short = Study { bars: 999, ..study(Preset::Easy) };
    let error = short.run(&|_| ()).unwrap_err();
    assert_eq!(error, StudyError::TooFewBars(999));
    assert!(error.to_string().contains("1000 at least"), "{error}");
}
