//! What holds for every valid series: one result for batch and stream, no look ahead, restarts at holes,
//! finite values, and state that survives serialisation. "The same" means the same bits.

use std::sync::OnceLock;

use features::{FeatureEngine, FeatureSet, FeatureSpec, FeatureTable};
use market::{Bar, BarSeries, GapPolicy, Timeframe, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::bars::seed43;

const POLICY: GapPolicy = GapPolicy { max_missing_bars: 3 };
/// Long bars, so that the windows that follow the timeframe are short.
const TIMEFRAME: Timeframe = Timeframe::DAY;

/// Every set of one symbol, and one of them on three-day bars too.
fn every_feature() -> &'static FeatureSet {
    static SET: OnceLock<FeatureSet> = OnceLock::new();
    SET.get_or_init(|| {
        let sets = features::set_names()
            .filter(|name| *name != "cross_asset")
            .map(str::to_owned)
            .chain(["seed43@3d".to_owned()])
            .collect();
        FeatureSet::resolve(&spec_of(sets), TIMEFRAME).unwrap()
    })
}

fn spec_of(sets: Vec<String>) -> FeatureSpec {
    FeatureSpec { sets, keep_duplicates: true, window_bars: 30, stride_bars: 7, ..FeatureSpec::default() }
}

/// True for columns that depend on the clock, so that bars at other times have other values.
fn follows_the_clock(name: &str) -> bool {
    ["hour_", "weekday_", "catch22_", "tsfresh_"].iter().any(|start| name.starts_with(start))
        || name.contains('@')
}

/// One bar relative to the one before it.
#[derive(Debug, Clone)]
struct Step {
    /// Log return from open to close, and from the last close to the open.
    body: f64,
    opening: f64,
    /// Log distance of high and low from the body.
    above: f64,
    below: f64,
    volume: f64,
    missing_before: u64,
}

fn steps(bars: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let usual = (-0.02..0.02_f64, Just(0.0), 0.0..0.01_f64, 0.0..0.01_f64).boxed();
    let shape = prop_oneof![
        12 => usual,
        4 => (Just(0.0), Just(0.0), Just(0.0), Just(0.0)),
        1 => (-0.02..0.02_f64, -2.0..2.0_f64, 0.0..0.5_f64, 0.0..0.5_f64),
        1 => (0.0..0.02_f64, Just(0.0), Just(0.0), Just(0.0)),
    ];
    let volume = prop_oneof![6 => 0.0..1e4_f64, 2 => Just(0.0), 1 => 0.0..1e15_f64];
    let missing = prop_oneof![200 => Just(0_u64), 2 => 1..=3_u64, 1 => 4..1000_u64];
    let step =
        (shape, volume, missing).prop_map(|((body, opening, above, below), volume, missing_before)| Step {
            body,
            opening,
            above,
            below,
            volume,
            missing_before,
        });
    // Runs of one step make long flat stretches and steady trends.
    let run = (step, prop_oneof![9 => Just(1_usize), 1 => 2..90_usize]);
    prop::collection::vec(run, bars)
        .prop_map(|runs| runs.into_iter().flat_map(|(step, n)| vec![step; n]).collect())
}

/// Bars from a first price on; prices stay between 1e-9 and 1e9.
fn bars_of(first_price: f64, steps: &[Step]) -> Vec<Bar> {
    let bound = |price: f64| price.clamp(1e-9, 1e9);
    let (mut price, mut time) = (first_price, 0_i64);
    let bar = |step: &Step| {
        let open = bound(price * step.opening.exp());
        let close = bound(open * step.body.exp());
        let high = bound(open.max(close) * step.above.exp()).max(open.max(close));
        let low = bound(open.min(close) * (-step.below).exp()).min(open.min(close));
        time += 1 + step.missing_before as i64;
        price = close;
        let open_time = Timestamp::from_millis(0).plus_bars(time, TIMEFRAME);
        Bar::new(open_time, TIMEFRAME, [open, high, low, close], step.volume).unwrap()
    };
    steps.iter().map(bar).collect()
}

fn first_price() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 0.01..1e5_f64, 1 => 1e-8..1e-3_f64, 1 => Just(0.1), 1 => Just(100.0)]
}

fn bars(runs: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Bar>> {
    (first_price(), steps(runs)).prop_map(|(price, steps)| bars_of(price, &steps))
}

fn engine(set: &FeatureSet) -> FeatureEngine {
    FeatureEngine::new(set, POLICY)
}

fn series(bars: &[Bar]) -> BarSeries {
    BarSeries::new("TEST", TIMEFRAME, POLICY, bars.to_vec()).unwrap()
}

fn batch(set: &FeatureSet, bars: &[Bar]) -> FeatureTable {
    FeatureTable::compute(set, &series(bars), |_| ())
}

/// The bits of one row; none where a column has no value yet.
type Bits = Vec<Option<u64>>;

fn stream(engine: &mut FeatureEngine, bars: &[Bar]) -> Vec<Bits> {
    let width = engine.schema().len();
    let row = |bar| {
        let row = engine.update(bar);
        (0..width).map(|column| row.value(column).map(f64::to_bits)).collect()
    };
    bars.iter().map(row).collect()
}

fn table_bits(table: &FeatureTable) -> Vec<Bits> {
    let row =
        |bar| (0..table.schema().len()).map(|column| table.value(bar, column).map(f64::to_bits)).collect();
    (0..table.len()).map(row).collect()
}

/// The first bar and column at which two sets of rows differ.
fn first_difference<'a>(set: &'a FeatureSet, rows: &[Bits], others: &[Bits]) -> Option<(usize, &'a str)> {
    let differs = |bar: usize| {
        let column = rows[bar].iter().zip(&others[bar]).position(|(row, other)| row != other)?;
        Some((bar, set.schema().columns()[column].name.as_str()))
    };
    (0..rows.len().min(others.len())).find_map(differs)
}

/// The same bars, one after the other in time, except for `missing` bars before bar `at`.
fn with_one_hole(bars: &[Bar], at: usize, missing: u64) -> Vec<Bar> {
    let place = |(index, bar): (usize, &Bar)| {
        let time = index as i64 + if index >= at { missing as i64 } else { 0 };
        let open_time = Timestamp::from_millis(0).plus_bars(time, TIMEFRAME);
        Bar { open_time, close_time: open_time.plus_bars(1, TIMEFRAME), ..*bar }
    };
    bars.iter().enumerate().map(place).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn batch_and_stream_are_the_same(bars in bars(1..250)) {
        let set = every_feature();
        let table = batch(set, &bars);
        prop_assert_eq!(table_bits(&table), stream(&mut engine(set), &bars));
        let mut engine = engine(set);
        for (bar, closed) in bars.iter().enumerate() {
            let row = engine.update(closed);
            let settled = row.settled();
            prop_assert_eq!(settled.is_some(), table.is_usable(bar, 1));
            if let Some(values) = settled {
                prop_assert_eq!(values, table.raw_row(bar));
            }
        }
    }

    #[test]
    fn a_row_never_changes_when_later_bars_come(bars in bars(2..200), cut in any::<Index>()) {
        let set = every_feature();
        let cut = 1 + cut.index(bars.len());
        let prefix = table_bits(&batch(set, &bars[..cut]));
        prop_assert_eq!(&table_bits(&batch(set, &bars))[..cut], prefix);
    }

    #[test]
    fn another_future_leaves_the_past_alone(
        price in first_price(), past in steps(1..150), one in steps(1..30), other in steps(1..30),
    ) {
        let set = every_feature();
        let with = |future: Vec<Step>| {
            let all: Vec<Step> = past.iter().cloned().chain(future).collect();
            table_bits(&batch(set, &bars_of(price, &all)))[..past.len()].to_vec()
        };
        prop_assert_eq!(with(one), with(other));
    }

    #[test]
    fn values_are_finite_and_in_their_range(bars in bars(1..250)) {
        let table = batch(&seed43(TIMEFRAME), &bars);
        prop_assert!(table.values().iter().all(|value| value.is_finite()));
        for (index, column) in table.schema().columns().iter().enumerate() {
            let range = match column.name.as_str() {
                "rsi" => 0.0..=100.0,
                "close_position" | "rsi_oversold" | "rsi_overbought" | "ema_cross" => 0.0..=1.0,
                "macd_cross" => -1.0..=1.0,
                // Of 50 values none is further than 7 sample deviations from any centre, nor one of 20
                // further than √19 population deviations from their mean.
                "vol_regime" | "momentum_regime" => -7.001..=7.001,
                "bb_position" => -0.6..=1.6,
                "volume_ratio" => 0.0..=20.0 + 1e-9,
                name if name.starts_with("returns") || name.starts_with("roc") || name.contains("slope") => {
                    -1.0..=f64::MAX
                }
                "macd" | "macd_signal" | "macd_histogram" | "trend_strength" | "bb_lower" => f64::MIN..=f64::MAX,
                _ => 0.0..=f64::MAX,
            };
            for bar in 0..table.len() {
                if let Some(value) = table.value(bar, index) {
                    prop_assert!(range.contains(&value), "{} at bar {bar} is {value}", column.name);
                    if column.unit == "0/1" {
                        prop_assert!(value.to_bits() == 0 || value.to_bits() == 1.0_f64.to_bits());
                    }
                }
            }
        }
    }

    #[test]
    fn a_second_name_is_the_same_column(bars in bars(1..150)) {
        let table = batch(every_feature(), &bars);
        prop_assert!(table.values().iter().all(|value| value.is_finite()));
        let columns = table.schema().columns();
        for (index, column) in columns.iter().enumerate() {
            let Some(original) = &column.same_as else { continue };
            let original = columns.iter().position(|column| column.name == *original).unwrap();
            for bar in 0..bars.len() {
                prop_assert_eq!(
                    table.value(bar, index).map(f64::to_bits),
                    table.value(bar, original).map(f64::to_bits)
                );
            }
        }
    }

    #[test]
    fn a_column_does_not_depend_on_the_others(
        bars in bars(1..150), picks in prop::collection::vec(any::<Index>(), 1..6),
    ) {
        let full = batch(every_feature(), &bars);
        let names: Vec<String> = full.schema().names().map(str::to_owned).collect();
        let sets: Vec<String> = picks.iter().map(|pick| pick.get(&names).clone()).collect();
        let spec = spec_of(sets);
        let few = batch(&FeatureSet::resolve(&spec, TIMEFRAME).unwrap(), &bars);
        for (index, name) in few.schema().names().enumerate() {
            let there = names.iter().position(|known| known == name).unwrap();
            for bar in 0..bars.len() {
                prop_assert_eq!(
                    few.value(bar, index).map(f64::to_bits),
                    full.value(bar, there).map(f64::to_bits)
                );
            }
        }
    }

    #[test]
    fn state_restarts_behind_a_long_hole_and_only_there(
        bars in bars(2..200), at in any::<Index>(), missing in 0..8_u64,
    ) {
        let set = every_feature();
        let at = 1 + at.index(bars.len() - 1);
        let mut without = table_bits(&batch(set, &with_one_hole(&bars, at, 0)));
        let holed = with_one_hole(&bars, at, missing);
        let table = batch(set, &holed);
        let mut rows = table_bits(&table);
        prop_assert_eq!(&rows[..at], &without[..at]);
        if missing > POLICY.max_missing_bars {
            prop_assert_eq!(&rows[at..], stream(&mut engine(set), &holed[at..]));
            // No lookback reaches across.
            for bar in at..bars.len() {
                let inside = bar + 1 - at;
                let usable = inside.saturating_sub(set.schema().settled() - 1);
                prop_assert!(usable == 0 || table.is_usable(bar, usable));
                prop_assert!(!table.is_usable(bar, usable + 1));
            }
        } else {
            for (index, name) in set.schema().names().enumerate() {
                if follows_the_clock(name) {
                    rows.iter_mut().chain(&mut without).for_each(|row| row[index] = None);
                }
            }
            prop_assert_eq!(&rows[at..], &without[at..]);
        }
    }

    #[test]
    fn state_survives_serialisation(bars in bars(2..200), at in any::<Index>()) {
        let set = every_feature();
        let at = at.index(bars.len());
        let mut uninterrupted = engine(set);
        let all = stream(&mut uninterrupted, &bars);
        let mut before = engine(set);
        stream(&mut before, &bars[..at]);
        let text = serde_json::to_string(&before).unwrap();
        let mut resumed: FeatureEngine = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&resumed, &before);
        prop_assert_eq!(first_difference(set, &stream(&mut resumed, &bars[at..]), &all[at..]), None);
        prop_assert_eq!(resumed, uninterrupted);
    }

    #[test]
    fn json_keeps_every_bit(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        let text = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<f64>(&text).unwrap().to_bits(), bits);
    }
}
