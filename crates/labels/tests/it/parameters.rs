//! Parameters that make no sense, and how long a label needs to warm up.

use labels::{Definition, LabelKind, LabelSpec};
use market::Timeframe;

use crate::bars::{broken_market, fitted, spec};

/// A kind, what makes its defaults wrong, and how the refusal begins.
type Case = (LabelKind, fn(&mut LabelSpec), &'static str);

#[test]
fn refusals_name_the_parameter() {
    use LabelKind::{
        ForwardDirection, Hmm, Jump, Provided, SmoothedTrend, TrendVol, TripleBarrier, Volatility,
    };
    let refused = |kind: LabelKind, change: fn(&mut LabelSpec)| {
        let mut spec = spec(kind);
        change(&mut spec);
        Definition::new(&spec, None).unwrap_err().to_string()
    };
    let cases: [Case; 20] = [
        (Jump, |s| s.horizon = 0, "label.horizon is 0; it must be at least 1"),
        (ForwardDirection, |s| s.k = -1.0, "label.k is -1; it must be a finite number, zero or more"),
        (TripleBarrier, |s| s.sigma_window = 1, "label.sigma_window is 1; it must be at least 2"),
        (
            TripleBarrier,
            |s| s.profit_barrier = 0.0,
            "label.profit_barrier is 0; it must be a finite number, above zero",
        ),
        (TripleBarrier, |s| s.stop_barrier = f64::NAN, "label.stop_barrier is NaN"),
        (TrendVol, |s| s.trend_window = 1, "label.trend_window is 1; it must be at least 2"),
        (TrendVol, |s| s.trend_reference = 19, "label.trend_reference is 19; it must be at least 20"),
        (TrendVol, |s| s.trend_threshold = f64::INFINITY, "label.trend_threshold is inf"),
        (TrendVol, |s| s.fixed_threshold = Some(-0.001), "label.fixed_threshold is -0.001"),
        (Volatility, |s| s.median_window = Some(0), "label.median_window is 0"),
        (SmoothedTrend, |s| s.ema_window = 0, "label.ema_window is 0"),
        (SmoothedTrend, |s| s.slope_window = 0, "label.slope_window is 0"),
        (SmoothedTrend, |s| s.slope_sigma_window = 1, "label.slope_sigma_window is 1"),
        (SmoothedTrend, |s| s.enter = 0.0, "label.enter is 0"),
        (
            SmoothedTrend,
            |s| s.leave = 0.7,
            "label.leave is 0.7; it must be a finite number, zero or more and not above label.enter",
        ),
        (SmoothedTrend, |s| s.leave = -0.1, "label.leave is -0.1"),
        (Hmm, |s| s.states = 1, "label.states is 1"),
        (Jump, |s| s.states = 11, "label.states is 11; at most 10"),
        (Jump, |s| s.jump_penalty = -1.0, "label.jump_penalty is -1"),
        (Provided, |_| (), "label.kind = \"provided\" needs"),
    ];
    for (kind, change, text) in cases {
        let message = refused(kind, change);
        assert!(message.starts_with(text), "{message}");
    }
    for kind in LabelKind::ALL {
        assert_eq!(Definition::new(&spec(kind), None).is_ok(), kind != LabelKind::Provided, "{kind:?}");
    }
}

/// The first label stands at the last bar of the warm-up, in each segment.
#[test]
fn the_warm_up_is_exact() {
    let series = broken_market(4000, 2500, 3);
    for kind in LabelKind::ALL {
        if kind == LabelKind::Provided {
            continue;
        }
        for horizon in [1, 12, 400] {
            let spec = LabelSpec { horizon, median_window: Some(100), ..spec(kind) };
            let labels = fitted(&spec, &series, 2500).label(&series).labels;
            for segment in series.segments() {
                let first = labels[segment.clone()].iter().position(Option::is_some).unwrap();
                assert_eq!(first + 1, spec.warm_up_bars(Timeframe::HOUR), "{kind:?}, {horizon} ahead");
            }
        }
    }
}
