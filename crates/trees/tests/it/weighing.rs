//! Weights of rows and of classes, and random splits.

use market::Seed;
use trees::{ClassWeights, ForestConfig, MaxFeatures, RandomForest, Splitter, Table, TrainingRows};

use crate::synthetic::Synthetic;

fn one_tree() -> ForestConfig {
    ForestConfig {
        trees: 1,
        min_leaf: 1,
        bootstrap: false,
        max_features: MaxFeatures::All,
        ..ForestConfig::default()
    }
}

#[test]
fn a_row_of_weight_two_counts_like_two_rows() {
    let data = Synthetic::new(200, 4, 51);
    let rows: Vec<usize> = (0..200).collect();
    let weights: Vec<f64> = (0..200).map(|row| f64::from(1 + row % 3)).collect();
    let repeated: Vec<usize> = rows.iter().flat_map(|&row| std::iter::repeat_n(row, 1 + row % 3)).collect();
    let classes: Vec<u8> = repeated.iter().map(|&row| data.classes[row]).collect();
    let config = ForestConfig { max_depth: Some(6), ..one_tree() };
    let fit = |rows: &[usize], classes: &[u8], weights: Option<&[f64]>| {
        let training = TrainingRows { table: data.table(), rows, classes, n_classes: 3, weights };
        RandomForest::fit(&config, &training, Seed(1), &|_| ()).unwrap()
    };
    let (weighted, doubled) = (fit(&rows, &data.classes, Some(&weights)), fit(&repeated, &classes, None));
    assert_eq!(weighted.n_nodes(), doubled.n_nodes());
    for (a, b) in weighted.predict(&data.table(), &rows).iter().zip(doubled.predict(&data.table(), &rows)) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
    let ones = fit(&rows, &data.classes, Some(&[1.0; 200]));
    assert!(ones.to_safetensors() == fit(&rows, &data.classes, None).to_safetensors());
}

#[test]
fn weights_of_classes_move_splits_and_not_probabilities() {
    // Of the ten rows at each place one is of class 1, and four above 80.
    let values: Vec<f64> = (0..1000).map(|i| f64::from(i % 100)).collect();
    let classes: Vec<u8> = (0..1000).map(|i| u8::from(i / 100 < if i % 100 > 80 { 4 } else { 1 })).collect();
    let rows: Vec<usize> = (0..1000).collect();
    let table = Table::new(&values, 1).unwrap();
    let answer = |class_weights, x: f64| {
        let config = ForestConfig { max_depth: Some(1), class_weights, ..one_tree() };
        let training = TrainingRows { table, rows: &rows, classes: &classes, n_classes: 2, weights: None };
        let forest = RandomForest::fit(&config, &training, Seed(1), &|_| ()).unwrap();
        let mut p = [0.0; 2];
        forest.predict_row(&[x], &mut p);
        p[1]
    };
    for weights in [ClassWeights::None, ClassWeights::Balanced, ClassWeights::Given(vec![1.0, 30.0])] {
        assert!((answer(weights.clone(), 99.0) - 0.4).abs() < 1e-6, "{weights:?}");
        assert!((answer(weights.clone(), 80.0) - 0.1).abs() < 1e-6, "{weights:?}");
    }
}

#[test]
fn random_splits_make_other_trees_that_learn_too() {
    let data = Synthetic::new(6000, 6, 52);
    let config = |splitter| ForestConfig {
        trees: 100,
        min_leaf: 3,
        bootstrap: false,
        splitter,
        ..ForestConfig::default()
    };
    let (best, random) =
        (data.fit(&config(Splitter::Best), 3000, 1), data.fit(&config(Splitter::Random), 3000, 1));
    assert!(random.n_nodes() > best.n_nodes(), "random splits part less well");
    let (best, random) = (data.accuracy(&best, 3000), data.accuracy(&random, 3000));
    assert!(random > 0.7 && (best - random).abs() < 0.06, "{best} {random}");
}

#[test]
fn out_of_bag_answers_are_near_those_for_held_out_rows() {
    let data = Synthetic::new(12_000, 6, 53);
    let rows: Vec<usize> = (0..6000).collect();
    let training = TrainingRows {
        table: data.table(),
        rows: &rows,
        classes: &data.classes[..6000],
        n_classes: 3,
        weights: None,
    };
    let config = ForestConfig { trees: 200, min_leaf: 5, ..ForestConfig::default() };
    let (forest, answers) = RandomForest::fit_with_out_of_bag(&config, &training, Seed(1), &|_| ()).unwrap();
    let answers = answers.unwrap();
    assert_eq!(answers.rows, rows);
    let right = answers.rows.iter().zip(answers.probabilities.chunks_exact(3));
    let right = right.filter(|(row, p)| p.iter().all(|x| *x <= p[usize::from(data.classes[**row])])).count();
    let (ours, held_out) = (right as f64 / 6000.0, data.accuracy(&forest, 6000));
    // Within a point, as shuffled rows allow.
    assert!((ours - held_out).abs() < 0.01, "{ours} {held_out}");
    assert!((ours - forest.out_of_bag().unwrap().accuracy).abs() < 1e-12);
    let none = RandomForest::fit_with_out_of_bag(
        &ForestConfig { bootstrap: false, ..config },
        &training,
        Seed(1),
        &|_| (),
    );
    assert_eq!(none.unwrap().1, None);
}
