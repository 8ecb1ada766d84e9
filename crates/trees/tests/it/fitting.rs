//! What a forest learns, and what it refuses.

use std::sync::Mutex;

use market::Seed;
use trees::{FitError, ForestConfig, MaxFeatures, RandomForest, Table, TrainingRows};

use crate::synthetic::{Synthetic, assert_probabilities};

fn one_tree() -> ForestConfig {
    ForestConfig {
        trees: 1,
        min_leaf: 1,
        bootstrap: false,
        max_features: MaxFeatures::All,
        ..ForestConfig::default()
    }
}

fn fit(
    config: &ForestConfig,
    values: &[f64],
    n_columns: usize,
    classes: &[u8],
    n_classes: usize,
) -> Result<RandomForest, FitError> {
    let rows: Vec<usize> = (0..classes.len()).collect();
    let table = Table::new(values, n_columns).unwrap();
    RandomForest::fit(
        config,
        &TrainingRows { table, rows: &rows, classes, n_classes, weights: None },
        Seed(1),
        &|_| (),
    )
}

fn predict(forest: &RandomForest, row: &[f64]) -> Vec<f64> {
    let mut probabilities = vec![f64::NAN; forest.n_classes()];
    forest.predict_row(row, &mut probabilities);
    probabilities
}

#[test]
fn a_perfect_split_lies_halfway() {
    // The first column is constant, the second separates at (2 + 8) / 2.
    let values = [3.0, 1.0, 3.0, 2.0, 3.0, 8.0, 3.0, 9.0];
    let forest = fit(&one_tree(), &values, 2, &[0, 0, 1, 1], 2).unwrap();
    assert_eq!((forest.n_trees(), forest.n_nodes(), forest.n_columns()), (1, 3, 2));
    assert_eq!(predict(&forest, &[0.0, 5.0]), [1.0, 0.0]);
    assert_eq!(predict(&forest, &[9.0, 5.000_001]), [0.0, 1.0]);
    assert_eq!(forest.impurity_importance(), [0.0, 1.0]);
    assert_eq!(forest.out_of_bag(), None);
}

#[test]
fn exclusive_or_is_learnt_though_its_first_split_gains_nothing() {
    let values = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    let forest = fit(&one_tree(), &values, 2, &[0, 1, 1, 0], 2).unwrap();
    assert_eq!(forest.n_nodes(), 7);
    for (row, class) in values.chunks_exact(2).zip([0, 1, 1, 0]) {
        assert_eq!(predict(&forest, row)[class].to_bits(), 1.0_f64.to_bits());
    }
}

#[test]
fn depth_and_leaf_size_are_kept() {
    let values: Vec<f64> = (0..64).map(f64::from).collect();
    let classes: Vec<u8> = (0..64).map(|i| i % 2).collect();
    let nodes = |config: ForestConfig| fit(&config, &values, 1, &classes, 2).unwrap().n_nodes();
    assert_eq!(nodes(one_tree()), 127);
    assert!(nodes(ForestConfig { max_depth: Some(3), ..one_tree() }) <= 15);
    assert!(nodes(ForestConfig { min_leaf: 16, ..one_tree() }) <= 7);
    assert_eq!(nodes(ForestConfig { min_leaf: 33, ..one_tree() }), 1);
    assert_eq!(nodes(ForestConfig { min_leaf: usize::MAX, ..one_tree() }), 1);
}

#[test]
fn one_class_is_certain() {
    let data = Synthetic::new(200, 3, 1);
    let forest = fit(&ForestConfig::default(), &data.values, 3, &[2; 200], 4).unwrap();
    assert_eq!(predict(&forest, &[0.3, -9.0, 9.0]), [0.0, 0.0, 1.0, 0.0]);
    assert_eq!(forest.n_nodes(), forest.n_trees());
    assert_eq!(forest.impurity_importance(), [0.0; 3]);
    assert!(forest.out_of_bag().unwrap().log_loss.abs() < 1e-12);
}

#[test]
fn constant_columns_are_never_split_on() {
    let mut data = Synthetic::new(600, 5, 2);
    data.values.chunks_exact_mut(5).for_each(|row| (row[3], row[4]) = (7.0, -0.5));
    let forest = data.fit(&ForestConfig { min_leaf: 1, ..ForestConfig::default() }, 600, 1);
    assert_eq!(forest.impurity_importance()[3..], [0.0, 0.0]);
    let all_constant = fit(&ForestConfig::default(), &[1.0; 100], 1, &[[0, 1]; 50].concat(), 2).unwrap();
    assert_eq!(all_constant.n_nodes(), 200);
}

#[test]
fn probabilities_are_valid_for_any_number_of_classes() {
    let data = Synthetic::new(1000, 4, 3);
    for n_classes in [1, 2, 3, 4, 7, 8, 31, 32, 256] {
        let classes: Vec<u8> = (0..1000).map(|i| (i * 37 % n_classes) as u8).collect();
        let config = ForestConfig { trees: 10, min_leaf: 3, ..ForestConfig::default() };
        let forest = fit(&config, &data.values, 4, &classes, n_classes).unwrap();
        let predicted = forest.predict(&data.table(), &(0..1000).collect::<Vec<_>>());
        assert_eq!(predicted.len(), 1000 * n_classes);
        assert_probabilities(&predicted, n_classes);
    }
}

#[test]
fn more_weight_than_sixteen_bits_hold_is_counted() {
    let values: Vec<f64> = (0..150_000).map(|i| f64::from(i % 1000)).collect();
    let classes: Vec<u8> = values.iter().map(|x| u8::from(*x >= 250.0)).collect();
    let forest = fit(&one_tree(), &values, 1, &classes, 3).unwrap();
    assert_eq!(predict(&forest, &[200.0]), [1.0, 0.0, 0.0]);
    assert_eq!(predict(&forest, &[300.0]), [0.0, 1.0, 0.0]);
}

#[test]
fn informative_columns_matter_most_and_unseen_rows_tell_the_truth() {
    let data = Synthetic::new(8000, 6, 4);
    let forest = data.fit(&ForestConfig { min_leaf: 5, ..ForestConfig::default() }, 4000, 1);
    let importance = forest.impurity_importance();
    assert!((importance.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(importance[..3].iter().all(|x| importance[3..].iter().all(|y| x > y)), "{importance:?}");
    let (scores, held_out) = (forest.out_of_bag().unwrap(), data.accuracy(&forest, 4000));
    assert_eq!(scores.rows, 4000);
    assert!(held_out > 0.7 && (scores.accuracy - held_out).abs() < 0.02, "{scores:?} {held_out}");
}

#[test]
fn shuffled_classes_cannot_be_learnt() {
    let mut data = Synthetic::new(6000, 6, 5);
    // The classes of other rows: as frequent, and unrelated.
    data.classes = Synthetic::new(6000, 6, 6).classes;
    let forest = data.fit(&ForestConfig { trees: 100, ..ForestConfig::default() }, 3000, 1);
    let mut frequencies = [0; 3];
    data.classes[3000..].iter().for_each(|&class| frequencies[usize::from(class)] += 1);
    let most = frequencies.into_iter().max().unwrap();
    let (prior, accuracy) = (f64::from(most) / 3000.0, data.accuracy(&forest, 3000));
    assert!((accuracy - prior).abs() < 0.04, "{accuracy} {prior}");
}

#[test]
fn progress_counts_every_tree() {
    let (data, seen) = (Synthetic::new(100, 3, 7), Mutex::new(Vec::new()));
    let rows: Vec<usize> = (0..100).collect();
    let training = TrainingRows {
        table: data.table(),
        rows: &rows,
        classes: &data.classes,
        n_classes: 3,
        weights: None,
    };
    let config = ForestConfig { trees: 37, ..ForestConfig::default() };
    RandomForest::fit(&config, &training, Seed(1), &|done| seen.lock().unwrap().push(done)).unwrap();
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, (1..=37).collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_learnt_from_is_refused_by_name() {
    let config = ForestConfig::default();
    for bad in [f64::INFINITY, f64::NEG_INFINITY] {
        let values = [0.0, 1.0, 2.0, 3.0, bad, 5.0];
        let error = fit(&config, &values, 2, &[0, 1, 0], 2).unwrap_err();
        assert_eq!(error, FitError::Infinite { row: 2, column: 0 });
        assert!(error.to_string().contains("row 2, column 0"), "{error}");
        // A row nobody learns from may hold anything.
        assert!(fit(&config, &values, 2, &[0, 1], 2).is_ok());
    }
    let refused = |rows: &[usize], classes: &[u8], n_classes| {
        let table = Table::new(&[0.0, 1.0], 1).unwrap();
        let data = TrainingRows { table, rows, classes, n_classes, weights: None };
        RandomForest::fit(&config, &data, Seed(1), &|_| ()).unwrap_err()
    };
    assert_eq!(refused(&[], &[], 2), FitError::NoRows);
    assert_eq!(refused(&[0, 1], &[0], 2), FitError::ClassCount { rows: 2, classes: 1 });
    assert_eq!(refused(&[0, 1], &[0, 2], 2), FitError::UnknownClass { position: 1, class: 2, n_classes: 2 });
    assert_eq!(refused(&[0, 5], &[0, 1], 2), FitError::UnknownRow { position: 1, row: 5, n_rows: 2 });
    assert_eq!(refused(&[0], &[0], 0), FitError::ClassesOutOfRange(0));
    assert_eq!(refused(&[0], &[0], 257), FitError::ClassesOutOfRange(257));
}
