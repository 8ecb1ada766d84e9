//! The score of one feature alone: right by hand, deaf to noise, loud at leaks.

use labels::{FeatureRows, Label, LabelKind, LabelSeries, single_feature_scores};
use market::{BarSeries, Classes, Timeframe};

use crate::bars::{broken_market, fitted, spec};

/// Columns of one number for each bar.
fn scores(
    series: &BarSeries,
    labels: &LabelSeries,
    columns: &[(&str, &dyn Fn(usize) -> f64)],
) -> labels::SingleFeatureScores {
    let names: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let bars: Vec<usize> = (100..series.len() - 20).collect();
    let values: Vec<f64> = bars.iter().flat_map(|bar| columns.iter().map(|(_, value)| value(*bar))).collect();
    single_feature_scores(labels, &FeatureRows { names: &names, bars: &bars, values: &values }).unwrap()
}

#[test]
fn a_leak_is_heard_and_honest_features_are_not() {
    let series = broken_market(6000, 5900, 2);
    let close = |bar: usize| series.bars()[bar].close;
    for kind in [LabelKind::ForwardDirection, LabelKind::TripleBarrier] {
        let labels = fitted(&spec(kind), &series, 6000).label(&series);
        let past = |bar: usize| (close(bar) / close(bar - 12)).ln();
        let range = |bar: usize| series.bars()[bar].high / series.bars()[bar].low;
        let noise = |bar: usize| (bar as f64 * 12.9898).sin();
        let future = |bar: usize| (close(bar + 12) / close(bar)).ln();
        let scores = scores(
            &series,
            &labels,
            &[("past", &past), ("range", &range), ("future", &future), ("noise", &noise)],
        );
        println!("{kind:?} {scores:?}");
        let alarming: Vec<&str> = scores.alarming().map(|feature| feature.name.as_str()).collect();
        assert_eq!(alarming, ["future"], "{kind:?}");
        assert_eq!(scores.best().unwrap().name, "future");
        let noise = &scores.features[3];
        assert!((noise.balanced_accuracy - 1.0 / 3.0).abs() < 0.04, "{noise:?}");
        assert!(noise.accuracy < scores.majority + 0.04, "{noise:?}");
    }
}

/// Classes by hand: rows of 100 bars, labels that end two bars later.
fn by_hand(class: impl Fn(usize) -> u8) -> (BarSeries, LabelSeries) {
    let series = broken_market(130, 129, 1);
    let time = |bar: usize| series.bars()[bar].open_time;
    let labels = (0..130)
        .map(|t| (t < 120).then(|| Label { class: class(t), from: time(t + 1), until: time(t + 2) }))
        .collect();
    let labels = LabelSeries { classes: Classes::volatility(), labels };
    (series, labels)
}

#[test]
fn rules_by_hand() {
    // Bars 0–99 in rows; 60 of them learn, but the outcomes of the last two of these reach into the test.
    let (series, labels) = by_hand(|t| u8::from(t % 10 >= 7));
    assert_eq!(series.timeframe(), Timeframe::HOUR);
    let names = ["phase", "constant", "middle"].map(str::to_owned);
    let bars: Vec<usize> = (0..100).collect();
    let row = |t: &usize| [(*t % 10) as f64, 1.0, -((*t % 10) as f64 - 8.0).abs()];
    let values: Vec<f64> = bars.iter().flat_map(row).collect();
    let rows = FeatureRows { names: &names, bars: &bars, values: &values };
    let scores = single_feature_scores(&labels, &rows).unwrap();
    assert_eq!((scores.training_rows, scores.test_rows), (59, 40));
    assert!((scores.majority - 0.7).abs() < 1e-15);
    // The class of two bars ago: wrong at phases 7, 8, 0 and 1.
    assert!((scores.persistence - 0.6).abs() < 1e-15, "{}", scores.persistence);
    let phase = &scores.features[0];
    for perfect in
        [phase.training_accuracy, phase.accuracy, phase.training_balanced_accuracy, phase.balanced_accuracy]
    {
        assert!((perfect - 1.0).abs() < 1e-15, "{phase:?}");
    }
    let constant = &scores.features[1];
    assert!((constant.accuracy - 0.7).abs() < 1e-15 && (constant.balanced_accuracy - 0.5).abs() < 1e-15);
    // Not monotone, and found all the same.
    assert!((scores.features[2].accuracy - 1.0).abs() < 1e-15);
    assert_eq!(scores.best().unwrap().name, "phase");

    let none = LabelSeries { labels: vec![None; 130], ..labels };
    assert_eq!(single_feature_scores(&none, &rows), None);
}

#[test]
fn what_changed_with_time_counts_out_of_sample() {
    let (_, labels) = by_hand(|t| u8::from((t % 10 >= 5) == (t < 60)));
    let names = ["phase".to_owned()];
    let bars: Vec<usize> = (0..100).collect();
    let values: Vec<f64> = bars.iter().map(|t| (*t % 10) as f64).collect();
    let scores =
        single_feature_scores(&labels, &FeatureRows { names: &names, bars: &bars, values: &values }).unwrap();
    let phase = &scores.features[0];
    assert!((phase.training_accuracy - 1.0).abs() < 1e-15 && phase.accuracy.abs() < 1e-15, "{phase:?}");
}
