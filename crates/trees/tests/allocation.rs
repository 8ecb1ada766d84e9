//! Memory: an answer for one row allocates nothing after a thread's first, and a file is read into little more than its
//! own size.
//!
//! In a binary of its own because the counting allocator is global.

use allocation_counter::measure;
use market::Seed;
use trees::{BoostingConfig, ForestConfig, GradientBoosting, RandomForest, Table, TrainingRows};

#[test]
fn one_row_and_loading_take_no_more_memory_than_they_must() {
    let values: Vec<f64> = (0..40_000).map(|place| f64::from(place * 7919 % 10_007)).collect();
    let classes: Vec<u8> = values.chunks_exact(20).map(|row| u8::from(row[0] + row[1] > 10_000.0)).collect();
    let rows: Vec<usize> = (0..2000).collect();
    let table = Table::new(&values, 20).expect("rows");
    let training = TrainingRows { table, rows: &rows, classes: &classes, n_classes: 2, weights: None };
    let config = ForestConfig { trees: 30, min_leaf: 1, ..ForestConfig::default() };
    let forest = RandomForest::fit(&config, &training, Seed(1), &|_| ()).expect("a forest");
    let config = BoostingConfig { rounds: 30, ..BoostingConfig::default() };
    let boosting = GradientBoosting::fit(&config, &training, None, Seed(1), &|_, _| ()).expect("a model").0;

    let mut p = [0.0; 2];
    forest.predict_row(table.row(0), &mut p);
    let answers = measure(|| {
        for &row in &rows {
            forest.predict_row(table.row(row), &mut p);
            boosting.predict_row(table.row(row), &mut p);
        }
    });
    assert_eq!(answers.count_total, 0);

    let bytes = forest.to_safetensors();
    let loading = measure(|| drop(RandomForest::from_safetensors(&bytes).expect("a forest")));
    assert!(loading.bytes_max < 3 * bytes.len() as u64, "{} for {}", loading.bytes_max, bytes.len());
}
