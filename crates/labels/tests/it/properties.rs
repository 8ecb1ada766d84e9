//! What holds for every label: only the bars of its interval decide it.

use std::sync::OnceLock;

use labels::{Label, LabelKind, LabelSpec, Labeller};
use market::{Bar, BarSeries, GapPolicy, Timeframe};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::bars::{broken_market, fitted, spec};

const BARS: usize = 2200;
const CUT: usize = 1500;

fn market() -> &'static BarSeries {
    static MARKET: OnceLock<BarSeries> = OnceLock::new();
    MARKET.get_or_init(|| broken_market(BARS, CUT, 8))
}

/// A kind, fitted, and its labels.
type Labelled = (LabelKind, Labeller, Vec<Option<Label>>);

/// Every kind but the user's own.
fn every_label() -> &'static [Labelled] {
    static LABELS: OnceLock<Vec<Labelled>> = OnceLock::new();
    LABELS.get_or_init(|| {
        let kinds = LabelKind::ALL.into_iter().filter(|kind| *kind != LabelKind::Provided);
        kinds
            .map(|kind| {
                let spec = LabelSpec { median_window: Some(100), jump_penalty: 5.0, ..spec(kind) };
                let labeller = fitted(&spec, market(), 1200);
                let labels = labeller.label(market()).labels;
                (kind, labeller, labels)
            })
            .collect()
    })
}

fn series(bars: Vec<Bar>) -> BarSeries {
    BarSeries::new("TEST", Timeframe::HOUR, GapPolicy::CONTINUOUS, bars).unwrap()
}

/// The place of the bar that opens at the label's end.
fn end_of(label: &Label) -> usize {
    market().bars().iter().position(|bar| bar.open_time == label.until).unwrap()
}

#[test]
fn intervals_lie_in_the_future_of_the_same_segment() {
    for (kind, _, labels) in every_label() {
        let mut shorter = 0;
        for (t, label) in labels.iter().enumerate() {
            let Some(label) = label else { continue };
            let end = end_of(label);
            assert_eq!(label.from, market().bars()[t + 1].open_time);
            assert!(end > t && end <= t + 12, "{kind:?} at bar {t}");
            assert!(market().segment_of(t).contains(&end), "{kind:?} at bar {t} crosses the hole");
            shorter += usize::from(end < t + 12);
        }
        // Only a barrier can be reached before its time.
        assert_eq!(shorter > 0, *kind == LabelKind::TripleBarrier, "{kind:?}");
    }
}

/// Behind a hole everything begins anew.
#[test]
fn the_past_before_a_hole_is_forgotten() {
    let second = market().segments()[1].clone();
    assert_eq!(second.start, CUT);
    let alone = market().part(second.clone()).unwrap();
    for (kind, labeller, labels) in every_label() {
        assert_eq!(labeller.label(&alone).labels, labels[second.clone()], "{kind:?}");
        let frozen = labeller.frozen(market()).map(|frozen| frozen[second.clone()].to_vec());
        assert_eq!(labeller.frozen(&alone), frozen, "{kind:?}");
    }
}

/// Windows of fixed length forget; only the recursions remember where they began.
#[test]
fn labels_with_windows_do_not_depend_on_where_the_data_begins() {
    let skipped = 333;
    let later = market().part(skipped..BARS).unwrap();
    for (kind, labeller, labels) in every_label() {
        if matches!(kind, LabelKind::SmoothedTrend | LabelKind::Hmm | LabelKind::Jump) {
            continue;
        }
        let warm = labeller.spec().warm_up_bars(Timeframe::HOUR) - 1;
        assert_eq!(
            labeller.label(&later).labels[warm..CUT - skipped],
            labels[skipped + warm..CUT],
            "{kind:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn truncation_at_the_end_of_the_interval_changes_nothing(place in any::<Index>()) {
        for (kind, labeller, labels) in every_label() {
            let labelled: Vec<usize> = (0..BARS).filter(|t| labels[*t].is_some()).collect();
            let t = *place.get(&labelled);
            let end = end_of(&labels[t].unwrap());
            let shorter = market().part(0..end + 1).unwrap();
            prop_assert_eq!(labeller.label(&shorter).labels[t], labels[t], "{:?} at bar {}", kind, t);
            // And one bar less leaves the outcome open.
            let open = market().part(0..end).unwrap();
            prop_assert_eq!(labeller.label(&open).labels[t], None, "{:?} at bar {}", kind, t);
        }
    }

    #[test]
    fn another_future_changes_nothing(place in any::<Index>(), factor in 0.2..5.0_f64) {
        for (kind, labeller, labels) in every_label() {
            let labelled: Vec<usize> = (0..BARS).filter(|t| labels[*t].is_some()).collect();
            let t = *place.get(&labelled);
            let end = end_of(&labels[t].unwrap());
            let mut bars = market().bars().to_vec();
            for bar in &mut bars[end + 1..] {
                (bar.open, bar.high) = (bar.open * factor, bar.high * factor);
                (bar.low, bar.close) = (bar.low * factor, bar.close * factor);
            }
            let other = series(bars);
            let changed = labeller.label(&other).labels;
            // Nor any label whose interval ends before.
            for known in (0..=t).filter(|known| labels[*known].is_some_and(|label| end_of(&label) <= end)) {
                prop_assert_eq!(changed[known], labels[known], "{:?} at bar {}", kind, known);
            }
            if let (Some(frozen), Some(still)) = (labeller.frozen(market()), labeller.frozen(&other)) {
                prop_assert_eq!(&frozen[..=end], &still[..=end], "{:?} frozen", kind);
            }
        }
    }

    #[test]
    fn neither_the_clock_nor_the_currency_matters(bars_later in -100_000..100_000_i64, power in -8..8_i32) {
        let shifted = |time: market::Timestamp| time.plus_bars(bars_later, Timeframe::HOUR);
        let price = |price: f64| price * 2.0_f64.powi(power);
        let bars = market().bars().iter().map(|bar| Bar {
            open_time: shifted(bar.open_time),
            close_time: shifted(bar.close_time),
            open: price(bar.open),
            high: price(bar.high),
            low: price(bar.low),
            close: price(bar.close),
            ..*bar
        });
        let other = series(bars.collect());
        for (kind, labeller, labels) in every_label() {
            let expected: Vec<Option<Label>> = labels
                .iter()
                .map(|label| label.map(|label| Label { from: shifted(label.from), until: shifted(label.until), ..label }))
                .collect();
            prop_assert_eq!(&labeller.label(&other).labels, &expected, "{:?}", kind);
        }
    }
}
