//! Missing values: learnt from, and routed in prediction as in the fit.

use market::Seed;
use trees::{BoostingConfig, ForestConfig, GradientBoosting, MaxFeatures, RandomForest, Table, TrainingRows};

/// Whether column 0 has a value decides the class; column 1 is noise with holes.
fn holed(n: usize) -> (Vec<f64>, Vec<u8>) {
    let hole = |yes: bool, value: f64| if yes { f64::NAN } else { value };
    let values = (0..n).flat_map(|i| {
        let noise = (i * 7919 % 1009) as f64;
        [hole(i * 31 % 10 < 4, noise), hole(i * 17 % 7 == 0, (i * 104_729 % 997) as f64)]
    });
    (values.collect(), (0..n).map(|i| u8::from(i * 31 % 10 < 4)).collect())
}

#[test]
fn that_a_value_is_missing_can_be_learnt() {
    let (values, classes) = holed(1000);
    let rows: Vec<usize> = (0..1000).collect();
    let table = Table::new(&values, 2).unwrap();
    let training = TrainingRows { table, rows: &rows, classes: &classes, n_classes: 2, weights: None };
    let config =
        ForestConfig { trees: 20, max_features: MaxFeatures::All, min_leaf: 5, ..ForestConfig::default() };
    let forest = RandomForest::fit(&config, &training, Seed(1), &|_| ()).unwrap();
    let config = BoostingConfig { rounds: 50, ..BoostingConfig::default() };
    let (boosting, _) = GradientBoosting::fit(&config, &training, None, Seed(1), &|_, _| ()).unwrap();
    for answers in [forest.predict(&table, &rows), boosting.predict(&table, &rows)] {
        for (p, &class) in answers.chunks_exact(2).zip(&classes) {
            assert!(p[usize::from(class)] > 0.9, "{p:?} {class}");
        }
    }
}

/// A forest without bootstrap whose leaves are single rows knows its training rows by heart only if every one of them
/// comes out where it went in.
#[test]
fn missing_values_go_in_prediction_where_they_went_in_the_fit() {
    let (values, _) = holed(400);
    // Three classes that have nothing to do with the values.
    let classes: Vec<u8> = (0..400).map(|i| (i * 7 % 11 % 3) as u8).collect();
    let rows: Vec<usize> =
        (0..400).filter(|i| !values[2 * i].is_nan() || !values[2 * i + 1].is_nan()).collect();
    // Rows that are alike in both columns cannot be told apart: keep one of each.
    let mut seen = std::collections::BTreeSet::new();
    let rows: Vec<usize> = rows
        .into_iter()
        .filter(|i| seen.insert([values[2 * i].to_bits(), values[2 * i + 1].to_bits()]))
        .collect();
    let classes: Vec<u8> = rows.iter().map(|&row| classes[row]).collect();
    let table = Table::new(&values, 2).unwrap();
    let training = TrainingRows { table, rows: &rows, classes: &classes, n_classes: 3, weights: None };
    let config = ForestConfig {
        trees: 3,
        min_leaf: 1,
        bootstrap: false,
        max_features: MaxFeatures::All,
        ..ForestConfig::default()
    };
    let forest = RandomForest::fit(&config, &training, Seed(1), &|_| ()).unwrap();
    let answers = forest.predict(&table, &rows);
    let right =
        answers.chunks_exact(3).zip(&classes).filter(|(p, class)| p[usize::from(**class)] > 0.999).count();
    // Few bins hold two values (255 bins, up to 400 values).
    assert!(right as f64 > 0.75 * rows.len() as f64, "{right} of {}", rows.len());
    // Boosting keeps a score for each training row as it goes; the saved trees must give the same.
    let config = BoostingConfig {
        rounds: 30,
        min_leaf: 2,
        row_share: 0.6,
        early_stopping: Some(1000),
        ..BoostingConfig::default()
    };
    let (model, history) =
        GradientBoosting::fit(&config, &training, Some(&training), Seed(1), &|_, _| ()).unwrap();
    let rounds = history.rounds;
    let answers = model.predict(&table, &rows);
    let loss =
        answers.chunks_exact(3).zip(&classes).map(|(p, class)| -p[usize::from(*class)].ln()).sum::<f64>();
    let then = history.validation_log_loss[rounds - 1];
    assert!((loss / rows.len() as f64 - then).abs() < 1e-12);
    assert!(history.validation_log_loss.is_sorted_by(|a, b| a > b), "learns its own rows: {history:?}");
}

#[test]
fn where_nothing_was_missing_a_missing_value_follows_the_larger_side() {
    let values: Vec<f64> = (0..10).map(f64::from).collect();
    let classes: Vec<u8> = values.iter().map(|x| u8::from(*x >= 7.0)).collect();
    let rows: Vec<usize> = (0..10).collect();
    let config = ForestConfig { trees: 1, min_leaf: 1, bootstrap: false, ..ForestConfig::default() };
    let answer = |classes: &[u8]| {
        let table = Table::new(&values, 1).unwrap();
        let training = TrainingRows { table, rows: &rows, classes, n_classes: 2, weights: None };
        let forest = RandomForest::fit(&config, &training, Seed(1), &|_| ()).unwrap();
        let mut p = [0.0; 2];
        forest.predict_row(&[f64::NAN], &mut p);
        p
    };
    assert!(answer(&classes)[0] >= 1.0);
    let other: Vec<u8> = values.iter().map(|x| u8::from(*x >= 3.0)).collect();
    assert!(answer(&other)[1] >= 1.0);
}
