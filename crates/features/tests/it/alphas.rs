//! The set `alphas` beyond its golden values: its description, neutral values, and windows that know nothing
//! but their own values.

use features::{FeatureEngine, FeatureSet, FeatureSpec, FeatureTable, Group};
use market::{Bar, GapPolicy, Timeframe, Timestamp};
use serde::Deserialize;

use crate::bars::{series_of, synthetic_bars};
use crate::golden::{golden, golden_bars};

const HOUR: Timeframe = Timeframe::HOUR;

fn set_of(names: &[&str]) -> FeatureSet {
    let sets = names.iter().map(|&name| name.to_owned()).collect();
    FeatureSet::resolve(&FeatureSpec { sets, keep_duplicates: true, ..FeatureSpec::default() }, HOUR).unwrap()
}

pub(crate) fn table_of(names: &[&str], bars: &[Bar]) -> FeatureTable {
    FeatureTable::compute(&set_of(names), &series_of(bars, HOUR), |_| ())
}

/// Hourly bars of `[open, high, low, close, volume]`.
pub(crate) fn bars_of(rows: &[[f64; 5]]) -> Vec<Bar> {
    let bar = |(index, [open, high, low, close, volume]): (usize, &[f64; 5])| {
        let open_time = Timestamp::from_millis(0).plus_bars(index as i64, HOUR);
        Bar::new(open_time, HOUR, [*open, *high, *low, *close], *volume).unwrap()
    };
    rows.iter().enumerate().map(bar).collect()
}

/// One column of the golden description.
#[derive(Deserialize)]
struct Described {
    name: String,
    formula: String,
    unit: String,
    first: usize,
    same_as: Option<String>,
}

#[test]
fn every_column_is_described_as_its_oracle_says() {
    let text = std::fs::read_to_string(golden("alphas.json")).unwrap();
    let described: Vec<Described> = serde_json::from_str(&text).unwrap();
    let set = set_of(&["alphas"]);
    let columns = set.schema().columns();
    assert_eq!((columns.len(), described.len()), (174, 174));
    for expected in described {
        let column = columns.iter().find(|column| column.name == expected.name).expect("a column of the set");
        assert_eq!(column.formula, expected.formula, "{}", column.name);
        assert_eq!(column.unit, expected.unit, "{}", column.name);
        assert_eq!(column.first, expected.first, "{}", column.name);
        assert_eq!(column.same_as, expected.same_as, "{}", column.name);
        assert_eq!(column.settled, column.first, "{}", column.name);
        assert_eq!(column.group, Group::Alpha);
        let source = match column.name.strip_prefix("alpha_") {
            Some(number) => format!("Kakushadze 2015, alpha {}", number.trim_start_matches('0')),
            None => "Alpha158 of qlib".to_owned(),
        };
        assert_eq!(column.source, source, "{}", column.name);
    }
}

#[test]
fn a_second_name_has_the_bits_of_the_first() {
    let bars = stressed_bars();
    let set = set_of(&["alphas"]);
    let doubles: Vec<_> = set.schema().columns().iter().filter(|column| column.same_as.is_some()).collect();
    assert_eq!(doubles.len(), 4);
    for column in doubles {
        let table = table_of(&[&column.name, column.same_as.as_ref().unwrap()], &bars);
        for bar in 0..bars.len() {
            assert_eq!(table.value(bar, 0).map(f64::to_bits), table.value(bar, 1).map(f64::to_bits));
        }
    }
}

/// A generated market with stretches that do not move, that are not traded, that jump, and a price that
/// falls to 1e-7.
fn stressed_bars() -> Vec<Bar> {
    let mut bars = synthetic_bars(1600, 5);
    for index in 0..bars.len() {
        let before = bars[index.saturating_sub(1)];
        let bar = &mut bars[index];
        let [scale, volume] = match index {
            300..380 => {
                (bar.open, bar.high, bar.low, bar.close) =
                    (before.close, before.close, before.close, before.close);
                [1.0, if index < 340 { 0.0 } else { bar.volume }]
            }
            500..580 => [1.0, if index % 3 == 0 { 0.0 } else { bar.volume }],
            600..680 => [1.0, 0.1],
            700..800 => [if index % 7 == 0 { 0.01 } else { 30.0 }, bar.volume * 1e9],
            900..1200 => [1e-12, bar.volume],
            1200..1280 => {
                // A price that only rises, without shadows.
                let price = 100.0 * 1.001_f64.powi(index as i32 - 1200);
                (bar.open, bar.high, bar.low, bar.close) = (price, price, price, price);
                [1.0, (index - 1199) as f64]
            }
            _ => [1.0, bar.volume],
        };
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
            *price *= scale;
        }
        bar.volume = volume;
        Bar::new(bar.open_time, HOUR, [bar.open, bar.high, bar.low, bar.close], bar.volume).unwrap();
    }
    bars
}

#[test]
fn values_are_finite_and_in_their_range() {
    for bars in [golden_bars(), stressed_bars()] {
        let table = table_of(&["alphas"], &bars);
        assert!(table.values().iter().all(|value| value.is_finite()));
        for (index, column) in table.schema().columns().iter().enumerate() {
            let within = |value: f64| match column.range.as_str() {
                "any" => true,
                "−1 to 1" => value.abs() <= 1.0,
                "−1 or 1" => {
                    value.to_bits() == 1.0_f64.to_bits() || value.to_bits() == (-1.0_f64).to_bits()
                }
                "0 to 1" => (0.0..=1.0).contains(&value),
                "≤ 0" => value <= 0.0,
                "≥ 0" => value >= 0.0,
                "> 0" => value > 0.0,
                "≥ 1" => value >= 1.0,
                "> −1" => value > -1.0,
                range => panic!("{}: the range {range} is new here", column.name),
            };
            for value in (0..bars.len()).filter_map(|bar| table.value(bar, index)) {
                assert!(within(value), "{} is {value}, range {}", column.name, column.range);
            }
        }
    }
}

#[test]
fn one_bar_at_a_time_gives_the_bits_of_the_table() {
    let set = set_of(&["alphas"]);
    let bars = stressed_bars();
    let table = FeatureTable::compute(&set, &series_of(&bars, HOUR), |_| ());
    let mut engine = FeatureEngine::new(&set, GapPolicy::CONTINUOUS);
    for (bar, closed) in bars.iter().enumerate() {
        // Stored and taken up again in the middle of a window, in a flat stretch too.
        if [3, 37, 333, 350, 1000].contains(&bar) {
            engine = serde_json::from_str(&serde_json::to_string(&engine).unwrap()).unwrap();
        }
        let row = engine.update(closed);
        for (index, column) in set.schema().columns().iter().enumerate() {
            let (streamed, tabled) = (row.value(index), table.value(bar, index));
            assert_eq!(streamed.map(f64::to_bits), tabled.map(f64::to_bits), "{} at bar {bar}", column.name);
        }
    }
}

#[test]
fn a_window_knows_only_its_own_values() {
    let bars = stressed_bars();
    let table = table_of(&["alphas"], &bars);
    for start in [1, 250, 310, 345, 377, 650, 777, 1190, 1230] {
        let late = table_of(&["alphas"], &bars[start..]);
        for (index, column) in table.schema().columns().iter().enumerate() {
            for bar in start..bars.len() {
                let Some(value) = late.value(bar - start, index) else { continue };
                let expected = table.value(bar, index).unwrap();
                assert_eq!(value.to_bits(), expected.to_bits(), "{} at bar {bar} from {start}", column.name);
            }
        }
    }
}

#[test]
fn another_future_leaves_the_past_alone() {
    let (bars, n) = (stressed_bars(), 700);
    let mut other = bars.clone();
    for bar in &mut other[n..] {
        *bar = Bar { open: 7.0, high: 9.0, low: 6.0, close: 8.0, volume: 1e6, ..*bar };
    }
    let (one, two) = (table_of(&["alphas"], &bars), table_of(&["alphas"], &other));
    for bar in 0..n {
        let bits = |table: &FeatureTable| table.raw_row(bar).iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&one), bits(&two), "bar {bar}");
    }
}

#[test]
fn a_flat_market_has_neutral_values() {
    // 0.1 and its like have no exact sum: a mean of equal values need not be that value.
    for (price, volume) in [(0.1, 0.0), (1e-8 / 3.0, 0.3), (42_283.58, 0.1), (100.0, 7.0)] {
        let bars = bars_of(&[[price, price, price, price, volume]; 300]);
        let table = table_of(&["alphas"], &bars);
        for (index, column) in table.schema().columns().iter().enumerate() {
            let name = column.name.as_str();
            let (family, window) = name.rsplit_once('_').unwrap();
            let n: f64 = window.parse().unwrap_or(1.0);
            let tied = |n: f64| (0.5 * (n + 1.0)) / n;
            let (expected, room) = match family {
                "alpha" => match name {
                    "alpha_007" => (-1.0, 0.0),
                    "alpha_021" => (1.0, 0.0),
                    "alpha_035" => (tied(32.0) * (1.0 - tied(16.0)) * (1.0 - tied(32.0)), 1e-15),
                    "alpha_041" => (0.0, 1e-15 * price),
                    "alpha_043" => (tied(20.0) * tied(8.0), 1e-15),
                    "alpha_054" => (-0.5, 0.0),
                    _ => (0.0, 0.0),
                },
                "a158_roc" | "a158_max" | "a158_min" | "a158_qtlu" | "a158_qtld" => (1.0, 0.0),
                "a158_ma" | "a158_vma" => (1.0, 1e-14),
                "a158_rank" => (tied(n), 1e-15),
                "a158_imax" | "a158_imin" => (1.0 / n, 1e-15),
                "a158_rsv" | "a158_sump" | "a158_sumn" | "a158_vsump" | "a158_vsumn" => (0.5, 0.0),
                _ if ["a158_open0", "a158_high0", "a158_low0"].contains(&name) => (1.0, 0.0),
                _ => (0.0, 0.0),
            };
            for bar in column.first - 1..bars.len() {
                let got = table.value(bar, index).unwrap();
                assert!(
                    (got - expected).abs() <= room,
                    "{name} is {got}, not {expected}, at bar {bar} at {price}"
                );
            }
        }
    }
}
