//! Every label against a second computation, at holes, and against the future it must not see.

use labels::{Definition, Label, LabelKind, LabelSpec, ProvidedColumns};
use market::{Bar, BarSeries, GapPolicy, Seed, Timeframe, Timestamp};

/// All but the user's own.
const ALL: &[LabelKind] = LabelKind::ALL.split_at(7).0;

fn spec(kind: LabelKind) -> LabelSpec {
    LabelSpec { kind, median_window: Some(200), jump_penalty: 5.0, ..LabelSpec::default() }
}

/// 6,000 bars with a breaking hole behind the 3,500th.
fn series() -> BarSeries {
    let market = synthetic::generate(&synthetic::Preset::Bench.parameters(), 6000, Timeframe::HOUR, Seed(11));
    let moved = market.series.bars().iter().enumerate().map(|(index, bar)| {
        let shift = if index < 3500 { 0 } else { 500 };
        let open_time = bar.open_time.plus_bars(shift, Timeframe::HOUR);
        Bar::new(open_time, Timeframe::HOUR, [bar.open, bar.high, bar.low, bar.close], bar.volume).unwrap()
    });
    BarSeries::new("X", Timeframe::HOUR, GapPolicy::CONTINUOUS, moved.collect()).unwrap()
}

fn labels_of(series: &BarSeries, kind: LabelKind, fit_end: usize) -> Vec<Option<Label>> {
    let definition = Definition::new(&spec(kind), None).unwrap();
    definition.fit(series, fit_end).unwrap().label(series).labels
}

#[test]
fn no_label_reaches_over_a_hole_or_the_end() {
    let series = series();
    for &kind in ALL {
        let labels = labels_of(&series, kind, 3000);
        let mut seen = 0;
        for segment in series.segments() {
            let last = series.bars()[segment.end - 1].open_time;
            for t in segment.clone() {
                let Some(label) = labels[t] else { continue };
                seen += 1;
                assert!(
                    label.from > series.bars()[t].open_time && label.from <= label.until,
                    "{kind:?} bar {t}"
                );
                assert!(label.until <= last, "{kind:?} bar {t} reaches over the hole");
            }
        }
        assert!(seen > 4000, "{kind:?} labels only {seen} bars");
        assert!(labels[3499].is_none() && labels[5999].is_none(), "{kind:?}");
    }
}

#[test]
fn labels_need_exactly_the_future_they_declare() {
    let series = series();
    let changed_from = 5000;
    let changed_time = series.bars()[changed_from].open_time;
    // Once a wild market at about the old prices, once at far lower ones.
    let changed = [1.0, 0.2].map(|level| {
        let mut bars = series.bars().to_vec();
        for bar in &mut bars[changed_from..] {
            let close = bar.close * (1.0 + 0.5 * (bar.close % 1.0));
            let (open, high, low) = (bar.open * 2.0, bar.high * 3.0, bar.low * 0.5);
            let ohlc = [open, high.max(open).max(close), low.min(open).min(close), close];
            *bar = Bar::new(bar.open_time, Timeframe::HOUR, ohlc.map(|price| price * level), bar.volume)
                .unwrap();
        }
        BarSeries::new("X", Timeframe::HOUR, series.gaps(), bars).unwrap()
    });
    for &kind in ALL {
        let before = labels_of(&series, kind, 3000);
        let mut differing = 0;
        for changed in &changed {
            let after = labels_of(changed, kind, 3000);
            for t in 0..changed_from {
                if before[t].is_some_and(|label| label.until < changed_time) {
                    assert_eq!(
                        before[t], after[t],
                        "{kind:?} bar {t} saw more of the future than it declares"
                    );
                } else if before[t] != after[t] {
                    differing += 1;
                }
            }
        }
        assert!(differing > 0, "{kind:?}: no label depends on its future at all");
    }
}

#[test]
fn forward_direction_by_a_second_computation() {
    let series = series();
    let closes = series.closes();
    let labels = labels_of(&series, LabelKind::ForwardDirection, 0);
    for t in [96, 700, 3000, 3487, 3596, 5000] {
        let returns: Vec<f64> = (t - 95..=t).map(|i| (closes[i] / closes[i - 1]).ln()).collect();
        let mean = returns.iter().sum::<f64>() / 96.0;
        let sigma = (returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 95.0).sqrt();
        let z = (closes[t + 12] / closes[t]).ln() / (sigma * 12.0_f64.sqrt());
        let expected = u8::from(z >= -0.5) + u8::from(z > 0.5);
        assert_eq!(labels[t].unwrap().class, expected, "bar {t}");
    }
    // 96 returns behind the hole need 97 bars.
    assert!(labels[95].is_none() && labels[3595].is_none() && labels[3488].is_none());
}

#[test]
fn volatility_by_a_second_computation() {
    let series = series();
    let closes = series.closes();
    let labels = labels_of(&series, LabelKind::Volatility, 0);
    let realised =
        |t: usize| (t - 11..=t).map(|i| (closes[i] / closes[i - 1]).ln().powi(2)).sum::<f64>().sqrt();
    for t in [211, 800, 3487, 3711, 5000] {
        let mut past: Vec<f64> = (t - 199..=t).map(realised).collect();
        past.sort_by(f64::total_cmp);
        let median = f64::midpoint(past[99], past[100]);
        assert_eq!(labels[t].unwrap().class, u8::from(realised(t + 12) > median), "bar {t}");
    }
    assert!(labels[210].is_none() && labels[3710].is_none());
}

#[test]
fn hidden_states_are_fitted_on_the_training_part_only() {
    let series = series();
    let shorter =
        BarSeries::new("X", Timeframe::HOUR, series.gaps(), series.bars()[..4500].to_vec()).unwrap();
    let long = labels_of(&series, LabelKind::Hmm, 3000);
    assert_eq!(long[..4488], labels_of(&shorter, LabelKind::Hmm, 3000)[..4488]);
    assert_ne!(
        long,
        labels_of(&series, LabelKind::Hmm, 6000),
        "the fit does not depend on its training part"
    );
}

#[test]
fn provided_labels_need_their_end() {
    let series = series();
    let provided = LabelSpec {
        kind: LabelKind::Provided,
        column: Some("regime".into()),
        until_column: Some("until".into()),
        ..LabelSpec::default()
    };
    assert!(Definition::new(&provided, None).is_err());
    let mut classes = vec!["up".to_owned(); 6000];
    classes[10] = "down".into();
    classes[20] = String::new();
    let until: Vec<Option<Timestamp>> =
        (0..6000).map(|t: usize| series.bars().get(t + 5).map(|bar| bar.open_time)).collect();
    let columns = ProvidedColumns { classes, until };
    let label = |columns: &ProvidedColumns| {
        Definition::new(&provided, Some(columns.clone()))
            .unwrap()
            .fit(&series, 0)
            .map(|fit| fit.label(&series))
    };
    let mut short = columns.clone();
    short.classes[5995..].fill(String::new());
    let labels = label(&short).unwrap();
    assert_eq!(labels.classes.names(), ["down", "up"]);
    assert_eq!(labels.labels[10].unwrap().class, 0);
    assert_eq!(labels.labels[10].unwrap().until, series.bars()[15].open_time);
    assert!(labels.labels[20].is_none());
    assert!(labels.labels[3497].is_none(), "reaches over the hole");
    assert!(label(&columns).is_err(), "a label without an end was accepted");
    let mut past = short.clone();
    past.until[100] = Some(series.bars()[99].open_time);
    assert!(label(&past).is_err());
}
