//! Names, hashes and neutral values.

use std::collections::HashSet;

use features::{Column, FeatureSchema, FeatureSet, FeatureSpec, FeatureTable};
use market::{Bar, Timeframe, Timestamp};

use crate::bars::{seed43, series_of, synthetic_bars};

/// The columns of the seed set in order, with the group of each run of them.
const COLUMNS: [(&str, &str); 4] = [
    (
        "technical",
        "rsi rsi_oversold rsi_overbought macd macd_signal macd_histogram macd_cross ema_20 ema_50 ema_cross \
         bb_upper bb_lower bb_width bb_position atr atr_pct",
    ),
    (
        "microstructure",
        "price_range close_position volume volume_ma volume_ratio returns_1 returns_5 returns_10",
    ),
    (
        "volatility",
        "vol_5 vol_10 vol_20 vol_50 parkinson_vol_5 parkinson_vol_10 parkinson_vol_20 parkinson_vol_50 \
         vol_regime",
    ),
    (
        "momentum",
        "roc_5 roc_10 roc_20 roc_50 ma_slope_5 ma_slope_10 ma_slope_20 ma_slope_50 trend_strength \
         momentum_regime",
    ),
];

fn set(sets: &[&str], keep_duplicates: bool) -> FeatureSet {
    let sets = sets.iter().map(|&set| set.to_owned()).collect();
    FeatureSet::resolve(&FeatureSpec { sets, keep_duplicates, ..FeatureSpec::default() }, Timeframe::MINUTE)
        .unwrap()
}

#[test]
fn names_groups_and_order_are_those_of_the_contract() {
    let expected: Vec<(String, String)> = COLUMNS
        .iter()
        .flat_map(|(group, names)| {
            names.split_whitespace().map(move |name| (name.to_owned(), format!("\"{group}\"")))
        })
        .collect();
    let named: Vec<(String, String)> = seed43(Timeframe::MINUTE)
        .schema()
        .columns()
        .iter()
        .map(|column| (column.name.clone(), serde_json::to_string(&column.group).unwrap()))
        .collect();
    assert_eq!(named, expected);
    assert_eq!(named.len(), 43);
    assert_eq!(seed43(Timeframe::MINUTE).schema().first(), 70);
}

#[test]
fn duplicates_leave_only_when_their_original_stays() {
    let names = |sets: &[&str], keep| set(sets, keep).schema().names().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(names(&["roc_5"], false), ["roc_5"]);
    assert_eq!(names(&["roc_5", "returns_5"], false), ["returns_5"]);
    assert_eq!(names(&["roc_5", "returns_5"], true), ["roc_5", "returns_5"]);
    assert_eq!(names(&["rsi", "seed43", "rsi"], true).len(), 43);
    assert_eq!(names(&["rsi", "seed43"], true)[..2], ["rsi", "rsi_oversold"]);
    let sets = vec!["seed43".to_owned()];
    let spec = FeatureSpec { sets, drop: vec!["returns_5".to_owned()], ..FeatureSpec::default() };
    let dropped = FeatureSet::resolve(&spec, Timeframe::MINUTE).unwrap();
    assert!(dropped.schema().names().any(|name| name == "roc_5"), "the second name takes over");
    assert_eq!(dropped.schema().len(), 41);
}

/// Every single change of one column that a model would notice.
fn changes(columns: &[Column]) -> Vec<(usize, Vec<Column>)> {
    let mut changed = Vec::new();
    for index in 0..columns.len() {
        let mut with = |change: fn(&mut Column)| {
            let mut columns = columns.to_vec();
            change(&mut columns[index]);
            changed.push((index, columns));
        };
        with(|column| column.name.push('x'));
        with(|column| column.formula.push('x'));
        with(|column| column.first += 1);
        with(|column| column.settled += 1);
        let mut without = columns.to_vec();
        without.remove(index);
        changed.push((index, without));
        if index + 1 < columns.len() {
            let mut swapped = columns.to_vec();
            swapped.swap(index, index + 1);
            changed.push((index, swapped));
        }
    }
    let mut longer = columns.to_vec();
    longer.push(Column { name: "new".to_owned(), ..columns[0].clone() });
    changed.push((columns.len(), longer));
    changed
}

#[test]
fn the_hash_changes_with_any_column() {
    let schema = seed43(Timeframe::MINUTE).schema().clone();
    assert_eq!(schema.hash(), FeatureSchema::new(schema.columns().to_vec()).hash());
    let mut hashes = HashSet::from([schema.hash().to_owned()]);
    for (index, columns) in changes(schema.columns()) {
        assert!(hashes.insert(FeatureSchema::new(columns).hash().to_owned()), "change at column {index}");
    }
}

#[test]
fn a_different_schema_is_refused_by_the_name_of_its_first_difference() {
    let ours = seed43(Timeframe::MINUTE).schema().clone();
    assert_eq!(ours.expect(&ours), Ok(()));
    let stored: FeatureSchema = serde_json::from_str(&serde_json::to_string(&ours).unwrap()).unwrap();
    assert_eq!(ours.expect(&stored), Ok(()));
    for (index, columns) in changes(ours.columns()) {
        let theirs = FeatureSchema::new(columns);
        for (here, there) in [(&ours, &theirs), (&theirs, &ours)] {
            let message = here.expect(there).unwrap_err().to_string();
            for schema in [here, there] {
                if let Some(column) = schema.columns().get(index) {
                    assert!(message.contains(&format!("`{}`", column.name)), "column {index}: {message}");
                }
            }
        }
    }
}

#[test]
fn an_edited_schema_is_refused_though_its_hash_was_kept() {
    let ours = seed43(Timeframe::MINUTE).schema().clone();
    let text = serde_json::to_string(&ours).unwrap();
    let edited = text.replacen("\"vol_20\"", "\"vol_21\"", 1);
    assert_ne!(text, edited);
    let edited: FeatureSchema = serde_json::from_str(&edited).unwrap();
    assert_eq!(edited.hash(), ours.hash());
    let message = ours.expect(&edited).unwrap_err().to_string();
    assert!(message.contains("`vol_20`") && message.contains("`vol_21`"), "{message}");
}

fn flat_bars(price: f64, volume: f64, n: i64) -> Vec<Bar> {
    let bar = |index| {
        let open_time = Timestamp::from_millis(0).plus_bars(index, Timeframe::MINUTE);
        Bar::new(open_time, Timeframe::MINUTE, [price; 4], volume).unwrap()
    };
    (0..n).map(bar).collect()
}

#[test]
fn a_flat_market_has_neutral_values() {
    // 0.1 and its like have no exact sum: a mean of equal values need not be that value.
    for price in [0.1, 0.3, 1e-8 / 3.0, 1.1, 100.0, 42_283.58] {
        for volume in [0.0, 0.1, 7.0] {
            let bars = flat_bars(price, volume, 700);
            let table = FeatureTable::compute(
                &seed43(Timeframe::MINUTE),
                &series_of(&bars, Timeframe::MINUTE),
                |_| (),
            );
            assert!(table.values().iter().all(|value| value.is_finite()));
            for (index, column) in table.schema().columns().iter().enumerate() {
                let expected = match column.name.as_str() {
                    "rsi" => 50.0,
                    "bb_position" | "close_position" => 0.5,
                    "volume_ratio" => 1.0,
                    "volume" | "volume_ma" => volume,
                    "ema_20" | "ema_50" | "bb_upper" | "bb_lower" => price,
                    _ => 0.0,
                };
                // A mean may round; what is divided by a spread or reduced to a sign may not.
                let rounds =
                    ["price", "volume"].contains(&column.unit.as_str()) || column.name == "volume_ratio";
                let room = if rounds { 1e-14 * expected } else { 0.0 };
                for bar in column.first - 1..bars.len() {
                    let got = table.value(bar, index).unwrap();
                    assert!(
                        (got - expected).abs() <= room,
                        "{} is {got}, not {expected}, at bar {bar} of a flat market at {price}",
                        column.name
                    );
                }
            }
        }
    }
}

#[test]
fn a_market_that_stops_moving_comes_to_rest() {
    let mut bars = synthetic_bars(300, 14);
    let last = bars[299];
    let flat = |index| {
        let open_time = last.open_time.plus_bars(index, Timeframe::HOUR);
        Bar::new(open_time, Timeframe::HOUR, [last.close; 4], 0.0).unwrap()
    };
    // Long enough for what remains of gains and losses to fall below the smallest normal number.
    bars.extend((1..20_000).map(flat));
    let table = FeatureTable::compute(&seed43(Timeframe::HOUR), &series_of(&bars, Timeframe::HOUR), |_| ());
    assert!(table.values().iter().all(|value| value.is_finite()));
    for (index, column) in table.schema().columns().iter().enumerate() {
        let (at_rest, flat_bars) = match column.name.as_str() {
            "bb_position" | "close_position" => (0.5, 20),
            "vol_regime" | "momentum_regime" => (0.0, 70),
            "volume_ratio" => (1.0, 20),
            "rsi" => {
                assert!((0..bars.len()).filter_map(|bar| table.value(bar, index)).all(|rsi| rsi <= 100.0));
                continue;
            }
            name if ["returns", "roc", "vol_", "ma_slope", "parkinson"]
                .iter()
                .any(|p| name.starts_with(p)) =>
            {
                (0.0, 51)
            }
            _ => continue,
        };
        for bar in 299 + flat_bars..bars.len() {
            assert_eq!(table.value(bar, index), Some(at_rest), "{} at bar {bar}", column.name);
        }
    }
}

#[test]
fn a_market_without_losses_has_an_rsi_of_exactly_100() {
    for step in [0.1, 0.37, 1.0, 1.9, 13.3] {
        let bars: Vec<Bar> = flat_bars(100.0, 1.0, 200)
            .into_iter()
            .enumerate()
            .map(|(index, bar)| {
                let price = 100.0 + step * index as f64;
                Bar { open: price, high: price, low: price, close: price, ..bar }
            })
            .collect();
        let table = FeatureTable::compute(&set(&["rsi"], true), &series_of(&bars, Timeframe::MINUTE), |_| ());
        for bar in 14..bars.len() {
            assert_eq!(table.value(bar, 0), Some(100.0), "bar {bar}, step {step}");
        }
    }
}
