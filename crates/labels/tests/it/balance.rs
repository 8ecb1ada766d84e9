//! Balance and durations by hand.

use labels::{Label, LabelBalance, LabelSeries};
use market::Classes;

use crate::bars::broken_market;

#[test]
fn runs_end_at_holes_and_at_bars_without_a_label() {
    let series = broken_market(12, 8, 1);
    // low low high high – low low low | low low high high
    let text = "llhh-lll|llhh".replace('|', "");
    let at = series.bars()[0].open_time;
    let label = |letter: char| match letter {
        'l' => Some(Label { class: 0, from: at, until: at }),
        'h' => Some(Label { class: 1, from: at, until: at }),
        _ => None,
    };
    let labels = LabelSeries { classes: Classes::volatility(), labels: text.chars().map(label).collect() };
    let balance = LabelBalance::of(&series, &labels);
    assert_eq!(balance.labelled, 11);
    assert_eq!(balance.classes.iter().map(|class| class.bars).collect::<Vec<_>>(), [7, 4]);
    assert!((balance.classes[0].share - 7.0 / 11.0).abs() < 1e-15);
    // Runs of low: 2, 3, 2; of high: 2, 2. Changes: one in each segment.
    assert!((balance.classes[0].mean_duration_bars - 7.0 / 3.0).abs() < 1e-15);
    assert!((balance.classes[1].mean_duration_bars - 2.0).abs() < 1e-15);
    assert!((balance.mean_duration_bars - 11.0 / 5.0).abs() < 1e-15);
    assert!((balance.switches_per_1000_bars - 2000.0 / 11.0).abs() < 1e-12);

    let none = LabelSeries { classes: Classes::volatility(), labels: vec![None; 12] };
    let balance = LabelBalance::of(&series, &none);
    assert!(balance.labelled == 0 && balance.mean_duration_bars == 0.0 && balance.classes[0].share == 0.0);
}
