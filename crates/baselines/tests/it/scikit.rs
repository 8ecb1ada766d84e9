//! The baselines that learn from features against scikit-learn, with the files of tests/oracle/scikit.py.

use baselines::{Baseline, BaselineView, FeatureRows, Outcome};
use labels::Label;
use market::{Bar, BarSeries, Classes, GapPolicy, Timeframe, Timestamp};

const TRAIN: usize = 2000;
const N_FEATURES: usize = 6;
const N_CLASSES: usize = 3;

fn numbers(file: &str) -> Vec<Vec<f64>> {
    let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// Largest distance of a baseline's probabilities p from scikit-learn's, smoothed as (weight·p + 1) / (weight + K).
fn largest_distance(baseline: Baseline, weight: f64) -> f64 {
    let rows = numbers("scikit_rows.csv");
    let time = |t: usize| Timestamp::from_millis(t as i64 * 60_000);
    let bars =
        (0..rows.len()).map(|t| Bar::new(time(t), Timeframe::MINUTE, [1.0; 4], 0.0).unwrap()).collect();
    let series = BarSeries::new("TEST", Timeframe::MINUTE, GapPolicy::CONTINUOUS, bars).unwrap();
    let label = |(t, row): (usize, &Vec<f64>)| {
        Some(Label { class: row[N_FEATURES] as u8, from: time(t + 1), until: time(t + 1) })
    };
    let labels: Vec<Option<Label>> = rows.iter().enumerate().map(label).collect();
    let values: Vec<f64> = rows.iter().flat_map(|row| row[..N_FEATURES].to_vec()).collect();
    let (train, test): (Vec<usize>, Vec<usize>) = (0..rows.len()).partition(|bar| *bar < TRAIN);
    let view = BaselineView {
        series: &series,
        features: FeatureRows { values: &values, n_features: N_FEATURES },
        classes: &Classes::direction(),
        labels: &labels,
        frozen: None,
        train: &train,
        test: &test,
    };
    let Outcome::Answered(answers) = baseline.predict(&view).unwrap() else { panic!("not applicable") };

    let golden = numbers("scikit_probabilities.csv");
    let first =
        [Baseline::Logistic, Baseline::Tree, Baseline::Knn].iter().position(|b| *b == baseline).unwrap();
    assert_eq!(answers.len(), golden.len());
    let distances = answers.iter().zip(&golden).flat_map(|(answer, golden)| {
        let raw = &golden[first * N_CLASSES..][..N_CLASSES];
        let smoothed = raw.iter().map(|raw| (weight * raw + 1.0) / (weight + N_CLASSES as f64));
        answer.values().iter().zip(smoothed).map(|(p, smoothed)| (p - smoothed).abs()).collect::<Vec<_>>()
    });
    distances.fold(0.0, f64::max)
}

#[test]
fn logistic() {
    let largest = largest_distance(Baseline::Logistic, TRAIN as f64);
    assert!(largest < 1e-4, "{largest}");
}

/// Every threshold and leaf is the same; the forest keeps shares as 32-bit numbers.
#[test]
fn tree() {
    let largest = largest_distance(Baseline::Tree, 100.0);
    assert!(largest < 1e-6, "{largest}");
}

#[test]
fn neighbours() {
    let largest = largest_distance(Baseline::Knn, 50.0);
    assert!(largest < 1e-8, "{largest}");
}
