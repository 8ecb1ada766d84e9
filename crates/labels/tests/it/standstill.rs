//! The freeze-price projection against markets that really stand still.

use labels::LabelKind;
use market::{Bar, BarSeries, GapPolicy, Timeframe};

use crate::bars::{broken_market, fitted, spec};

/// The bars up to and with t, and 12 at its close.
fn stopped(series: &BarSeries, t: usize) -> BarSeries {
    let mut bars = series.bars()[..=t].to_vec();
    let last = bars[t];
    bars.extend((1..=12).map(|step| {
        let at = last.open_time.plus_bars(step, Timeframe::HOUR);
        Bar::new(at, Timeframe::HOUR, [last.close; 4], 0.0).unwrap()
    }));
    BarSeries::new("TEST", Timeframe::HOUR, GapPolicy::CONTINUOUS, bars).unwrap()
}

#[test]
fn it_is_the_label_of_a_market_that_stops() {
    let series = broken_market(2200, 1500, 4);
    for kind in [LabelKind::TrendVol, LabelKind::SmoothedTrend, LabelKind::Hmm, LabelKind::Jump] {
        let spec = labels::LabelSpec { jump_penalty: 5.0, ..spec(kind) };
        let labeller = fitted(&spec, &series, 1200);
        let frozen = labeller.frozen(&series).unwrap();
        let (mut compared, mut differs) = (0, 0);
        let labels = labeller.label(&series).labels;
        for t in (0..2200).step_by(7).chain([1499, 1500, 2199]) {
            let expected = labeller.label(&stopped(&series, t)).labels[t].map(|label| label.class);
            assert_eq!(frozen[t], expected, "{kind:?} at bar {t}");
            compared += usize::from(expected.is_some());
            differs += usize::from(labels[t].is_some_and(|label| Some(label.class) != expected));
        }
        assert!(compared > 150 && differs > 3, "{kind:?}: {compared} compared, {differs} differ");
        // It is there from the warm-up on, the newest bars included.
        let warm = spec.warm_up_bars(Timeframe::HOUR) - 1;
        assert!(frozen[..warm].iter().all(Option::is_none) && frozen[warm..1500].iter().all(Option::is_some));
        assert!(frozen[2199].is_some() && labels[2199].is_none());
    }
}

#[test]
fn other_labels_have_none() {
    let series = broken_market(1000, 600, 4);
    for kind in [LabelKind::ForwardDirection, LabelKind::TripleBarrier, LabelKind::Volatility] {
        assert!(fitted(&spec(kind), &series, 600).frozen(&series).is_none(), "{kind:?}");
    }
}
