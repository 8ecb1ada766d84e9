//! The engine on the demonstration's model and bars.

use std::sync::Arc;
use std::time::Duration;

use market::{Bar, BarSeries};
use regime::SignalRules;
use serde_json::Value;

use crate::live::engine::{Engine, Settings};
use crate::live::model::LiveModel;
use crate::live::watching::AlertRules;
use crate::serve::demo::Demo;

fn engine(model: LiveModel, deadline: Duration) -> Engine {
    let settings = Settings {
        deadline,
        stale_after: Duration::from_mins(5),
        signals: SignalRules::default(),
        alerts: AlertRules::Measured,
        most_symbols: 3,
    };
    Engine::new(Arc::new(model), settings, None, None).unwrap()
}

fn demo() -> (LiveModel, BarSeries, Demo) {
    let demo = Demo::unpack().unwrap();
    (LiveModel::load(&demo.bundle).unwrap(), demo.series.clone(), demo)
}

/// Gives bars in order and waits until the last one is done.
async fn feed(engine: &Engine, symbol: &str, bars: &[Bar]) {
    engine.begin(symbol, Vec::new()).await.unwrap();
    for bar in bars {
        engine.bar(symbol, *bar, false).await.unwrap();
    }
    engine.report(symbol).await.unwrap();
}

/// The only thread that could compute is busy for longer than the deadline.
#[test]
fn what_misses_the_deadline_is_answered_from_the_last_good_answer_and_says_so() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (model, series, _demo) = demo();
    let required = model.pipeline.required_bars();
    let engine = engine(model, Duration::from_millis(500));
    let newest = || engine.view("SYNTH").unwrap().published().unwrap();
    runtime.block_on(async {
        feed(&engine, "SYNTH", &series.bars()[..required]).await;
        let good = newest();
        assert_eq!(good.prediction.fallback_level, 0);
        tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_secs(2)));
        feed(&engine, "SYNTH", &series.bars()[required..=required]).await;
        let late = newest();
        assert_eq!(
            (late.prediction.fallback_level, late.prediction.timestamp),
            (3, series.bars()[required].close_time)
        );
        let reason = late.prediction.fallback_reason.as_ref().unwrap();
        assert!(reason.starts_with("took longer than the deadline of 500 ms"), "{reason}");
        let signal: Value = serde_json::from_slice(&late.signal).unwrap();
        assert_eq!(signal["signal"], "neutral");
        // The bar was taken all the same: the next answer is what it would have been.
        feed(&engine, "SYNTH", &series.bars()[required + 1..=required + 1]).await;
        assert_eq!(newest().prediction.fallback_level, 0);
    });
}

#[tokio::test]
async fn behind_a_hole_the_last_good_answer_fades_until_members_answer_again() {
    let (model, series, _demo) = demo();
    let required = model.pipeline.required_bars();
    let engine = engine(model, Duration::from_mins(1));
    let bars = series.bars();
    feed(&engine, "SYNTH", &bars[..required]).await;
    let newest = || engine.view("SYNTH").unwrap().published().unwrap();
    assert_eq!(newest().prediction.fallback_level, 0);
    // Twelve bars, one horizon, are missing; longer than the gap policy allows.
    feed(&engine, "SYNTH", &bars[required + 11..=required + 11]).await;
    let faded = newest();
    assert_eq!(faded.prediction.fallback_level, 3);
    let reason = faded.prediction.fallback_reason.as_ref().unwrap();
    assert!(
        reason.contains("behind a hole") && reason.contains("12 bars ago with a weight of 0.50"),
        "{reason}"
    );
    feed(&engine, "SYNTH", &bars[required + 12..2 * required + 11]).await;
    assert_eq!(newest().prediction.fallback_level, 0);
    assert_eq!(engine.view("SYNTH").unwrap().shown().counts.holes, 11);
}

#[tokio::test]
async fn symbols_beyond_the_limit_are_refused() {
    let (model, _, _demo) = demo();
    let engine = engine(model, Duration::from_mins(1));
    for symbol in ["A", "B", "C"] {
        engine.begin(symbol, Vec::new()).await.unwrap();
    }
    let said = engine.begin("D", Vec::new()).await.unwrap_err().to_string();
    assert!(said.contains("there are 3 symbols already"), "{said}");
}

/// The market becomes four times as volatile at a known bar: that is told within one window, and nothing is before.
#[tokio::test]
async fn an_injected_drift_is_told_in_time_and_not_before() {
    let (model, series, _demo) = demo();
    let engine = engine(model, Duration::from_mins(1));
    let changes = 2_000;
    let bars: Vec<Bar> = series.bars()[..3_200]
        .iter()
        .enumerate()
        .map(|(place, bar)| if place < changes { *bar } else { stretched(bar, series.bars()[changes].open) })
        .collect();
    let drift = |alerts: &[monitoring::Alert]| {
        alerts.iter().any(|alert| alert.rule == "drift_features" && alert.resolved_at.is_none())
    };
    feed(&engine, "SYNTH", &bars[..changes]).await;
    assert!(engine.shared.alerts().is_empty(), "{:?}", engine.shared.alerts());
    let mut found = None;
    for place in changes..bars.len() {
        feed(&engine, "SYNTH", &bars[place..=place]).await;
        if drift(&engine.shared.alerts()) {
            found = Some(place - changes);
            break;
        }
    }
    assert!(found.is_some_and(|bars| bars < 1_000), "{found:?}");
}

/// The bar with four times the logarithmic distance from a price.
fn stretched(bar: &Bar, from: f64) -> Bar {
    let far = |price: f64| from * (4.0 * (price / from).ln()).exp();
    Bar { open: far(bar.open), high: far(bar.high), low: far(bar.low), close: far(bar.close), ..*bar }
}

/// A member that answers resolves to the accuracy that its record says.
#[tokio::test]
async fn the_record_is_what_the_label_says() {
    let (model, series, _demo) = demo();
    let labeller = labels::Labeller::from_attachment(
        model.manifest.facts.labellers.values().next().unwrap(),
        &model.pipeline.core().classes,
    );
    let gaps = model.pipeline.core().gaps;
    let labels = labeller.unwrap().label(&series.clone().with_gaps(gaps)).labels;
    let engine = engine(model, Duration::from_mins(1));
    let n = 1_500;
    feed(&engine, "SYNTH", &series.bars()[..n]).await;
    let view = engine.view("SYNTH").unwrap();
    let classes = engine.shared.model().classes().to_vec();
    let (mut resolved, mut right) = (0_u32, 0_u32);
    for (place, shown) in view.shown().bars.iter().enumerate() {
        let known = labels[place].filter(|label| label.until <= series.bars()[n - 1].open_time);
        assert_eq!(shown.outcome, known.map(|label| classes[usize::from(label.class)].clone()));
        if let (Some(said), Some(came)) = (&shown.regime, &shown.outcome) {
            assert_eq!(shown.fallback_level, Some(0), "{place}");
            resolved += 1;
            right += u32::from(said == came);
        }
    }
    let report = serde_json::to_value(engine.report("SYNTH").await.unwrap().performance).unwrap();
    assert_eq!(report["resolved"], resolved);
    assert!((report["accuracy"].as_f64().unwrap() - f64::from(right) / f64::from(resolved)).abs() < 1e-12);
}
