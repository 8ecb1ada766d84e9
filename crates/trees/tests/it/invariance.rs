//! What must not change a forest, and what must.

use rayon::ThreadPoolBuilder;
use trees::{ForestConfig, Table};

use crate::synthetic::{Synthetic, assert_probabilities};

fn small() -> ForestConfig {
    ForestConfig { trees: 40, min_leaf: 2, ..ForestConfig::default() }
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn a_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let data = Synthetic::new(2000, 7, 11);
    let on = |threads, seed| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let forest = pool.install(|| data.fit(&small(), 2000, seed));
        let rows: Vec<usize> = (0..2000).collect();
        (forest.to_safetensors(), bits(&pool.install(|| forest.predict(&data.table(), &rows))))
    };
    let alone = on(1, 5);
    assert!(alone == on(2, 5) && alone == on(4, 5) && alone == on(1, 5), "threads or runs change the forest");
    assert!(alone.0 != on(1, 6).0, "the seed does not matter");
}

#[test]
fn rows_together_are_predicted_as_rows_alone() {
    let data = Synthetic::new(1500, 5, 12);
    for trees in [1, 7, 8, 9, 40] {
        let forest = data.fit(&ForestConfig { trees, ..small() }, 900, 1);
        for n in [0, 1, 7, 255, 256, 257, 600] {
            let rows: Vec<usize> = (0..n).map(|i| (i * 7 + 3) % 1500).collect();
            let together = forest.predict(&data.table(), &rows);
            let mut alone = vec![f64::NAN; n * 3];
            for (&row, probabilities) in rows.iter().zip(alone.chunks_exact_mut(3)) {
                forest.predict_row(data.table().row(row), probabilities);
            }
            assert_eq!(bits(&together), bits(&alone));
            assert_probabilities(&together, 3);
        }
    }
}

#[test]
fn stretching_a_column_does_not_change_predictions_of_training_rows() {
    let data = Synthetic::new(3000, 4, 13);
    let mut stretched = Synthetic::new(3000, 4, 13);
    stretched.values.chunks_exact_mut(4).for_each(|row| row[1] = (5.0 * row[1]).exp());
    let rows: Vec<usize> = (0..3000).collect();
    let predicted = |data: &Synthetic| bits(&data.fit(&small(), 3000, 1).predict(&data.table(), &rows));
    assert_eq!(predicted(&data), predicted(&stretched));
}

#[test]
fn the_rows_may_come_from_anywhere_in_the_table() {
    let data = Synthetic::new(500, 3, 14);
    let mut shifted = vec![f64::NAN; 3 * 20];
    shifted.extend_from_slice(&data.values);
    let rows: Vec<usize> = (20..520).collect();
    let table = Table::new(&shifted, 3).unwrap();
    let training =
        trees::TrainingRows { table, rows: &rows, classes: &data.classes, n_classes: 3, weights: None };
    let forest = trees::RandomForest::fit(&small(), &training, market::Seed(1), &|_| ()).unwrap();
    assert!(forest.to_safetensors() == data.fit(&small(), 500, 1).to_safetensors());
}
