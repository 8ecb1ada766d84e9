//! Columns against values computed by another implementation, in Python.
//!
//! `tests/oracle/*.py` made `tests/golden/*` from `tests/golden/bars.csv`; each script says with which
//! versions. An empty field means that the column has no value yet.

use std::io::Read;
use std::path::PathBuf;

use features::{FeatureSet, FeatureSpec, FeatureTable, sample_std};
use flate2::read::GzDecoder;
use market::{Bar, Timeframe, Timestamp};

use crate::bars::series_of;

/// Largest error as a share of the larger of the value and the column's scale.
const TOLERANCE: f64 = 1e-9;

pub(crate) fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

pub(crate) fn golden_bars() -> Vec<Bar> {
    let mut reader = csv::Reader::from_path(golden("bars.csv")).unwrap();
    let read = |record: csv::StringRecord| {
        let number = |field: usize| record[field].parse::<f64>().unwrap();
        let open_time = Timestamp::from_millis(record[0].parse().unwrap());
        let bar = Bar::new(open_time, Timeframe::HOUR, [1, 2, 3, 4].map(number), number(5)).unwrap();
        Bar {
            quote_volume: Some(number(6)),
            trades: Some(record[7].parse().unwrap()),
            taker_buy_volume: Some(number(8)),
            ..bar
        }
    };
    reader.records().map(|record| read(record.unwrap())).collect()
}

/// A golden file: columns by name, one value per bar or none.
fn columns(name: &str) -> Vec<(String, Vec<Option<f64>>)> {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(golden(name)).unwrap()).read_to_string(&mut text).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    names
        .into_iter()
        .enumerate()
        .map(|(index, name)| {
            let values = records
                .iter()
                .map(|record| (!record[index].is_empty()).then(|| record[index].parse().unwrap()))
                .collect();
            (name, values)
        })
        .collect()
}

/// Holds the columns of `set` against those of a golden file; `ours` names the column that a golden name
/// stands for, none when another test covers it.
fn check(set: &str, file: &str, ours: fn(&str) -> Option<&str>) {
    let bars = golden_bars();
    let spec = FeatureSpec { sets: vec![set.to_owned()], keep_duplicates: true, ..FeatureSpec::default() };
    let set = FeatureSet::resolve(&spec, Timeframe::HOUR).unwrap();
    let table = FeatureTable::compute(&set, &series_of(&bars, Timeframe::HOUR), |_| ());
    let mut faults = Vec::new();
    for (golden_name, expected) in columns(file) {
        let Some(name) = ours(&golden_name) else { continue };
        let index = set.schema().names().position(|known| known == name).expect("a column of the set");
        let column = &set.schema().columns()[index];
        let known: Vec<f64> = expected.iter().flatten().copied().collect();
        let spread = sample_std(&known);
        let mut worst = (0.0_f64, 0, 0.0, 0.0);
        for (bar, expected) in expected.iter().enumerate() {
            let got = table.value(bar, index);
            let (Some(got), Some(expected)) = (got, *expected) else {
                if got.is_some() != expected.is_some() {
                    faults.push(format!("{name}: bar {bar} is {got:?}, expected {expected:?}"));
                    break;
                }
                continue;
            };
            let scale = if column.unit == "price" { bars[bar].close } else { spread };
            let error = (got - expected).abs() / expected.abs().max(scale).max(f64::MIN_POSITIVE);
            if error > worst.0 {
                worst = (error, bar, got, expected);
            }
        }
        println!("{name:28} worst {:.1e}", worst.0);
        if worst.0 > TOLERANCE {
            faults.push(format!(
                "{name}: error {:.1e} at bar {}: {}, expected {}",
                worst.0, worst.1, worst.2, worst.3
            ));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_extended_set() {
    check("extended", "extended.csv.gz", |name| match name {
        "rsi_14" => Some("rsi"),
        "parkinson_5" => Some("parkinson_vol_5"),
        "parkinson_10" => Some("parkinson_vol_10"),
        "parkinson_20" => Some("parkinson_vol_20"),
        "parkinson_50" => Some("parkinson_vol_50"),
        "parkinson_100" => Some("parkinson_vol_100"),
        // Made with a window of 100; `against_the_longer_past` has the windows that are used.
        "rv_12_log_ratio" | "rv_12_percentile" => None,
        name => Some(name),
    });
}

#[test]
fn order_flow() {
    check("order_flow", "order_flow.csv.gz", |name| Some(name));
}

#[test]
fn alphas() {
    check("alphas", "alphas.csv.gz", |name| Some(name));
}

/// The ranks over a timeframe's regime window, by sorting each window anew.
#[test]
fn against_the_longer_past() {
    for (timeframe, past) in [("5m", 2016), ("1h", 720), ("4h", 180), ("1d", 252)] {
        let timeframe: Timeframe = timeframe.parse().unwrap();
        let bars: Vec<Bar> = crate::bars::synthetic_bars(past + 400, 21)
            .into_iter()
            .enumerate()
            .map(|(index, bar)| Bar {
                open_time: Timestamp::from_millis(0).plus_bars(index as i64, timeframe),
                ..bar
            })
            .collect();
        let names = ["rv_12", "rv_12_log_ratio", "rv_12_percentile"];
        let spec = FeatureSpec { sets: names.map(str::to_owned).to_vec(), ..FeatureSpec::default() };
        let set = FeatureSet::resolve(&spec, timeframe).unwrap();
        let table = FeatureTable::compute(&set, &series_of(&bars, timeframe), |_| ());
        let returns: Vec<f64> = bars.windows(2).map(|pair| (pair[1].close / pair[0].close).ln()).collect();
        let volatility: Vec<f64> =
            returns.windows(12).map(|window| window.iter().map(|r| r * r).sum::<f64>().sqrt()).collect();
        for bar in 0..bars.len() {
            assert_eq!(table.value(bar, 1).is_some(), bar + 1 >= 12 + past, "first value");
            let (Some(ratio), Some(rank)) = (table.value(bar, 1), table.value(bar, 2)) else { continue };
            let newest = bar - 12;
            let mut window = volatility[newest + 1 - past..=newest].to_vec();
            let share = window.iter().filter(|held| **held <= volatility[newest] * (1.0 + 1e-12)).count();
            window.sort_by(f64::total_cmp);
            let median = f64::midpoint(window[(past - 1) / 2], window[past / 2]);
            assert!((ratio - (volatility[newest] / median).ln()).abs() < 1e-9, "bar {bar}");
            assert!((rank - share as f64 / past as f64).abs() < 1e-12, "bar {bar}");
        }
    }
}
