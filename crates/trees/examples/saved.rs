//! Writes small saved trees to a directory: what a fuzzer of the reader begins with.
//!
//! `cargo run -p trees --example saved -- DIRECTORY`

use std::path::PathBuf;

use market::Seed;
use trees::{BoostingConfig, ForestConfig, GradientBoosting, RandomForest, Table, TrainingRows};

fn main() {
    let directory = PathBuf::from(std::env::args().nth(1).expect("name a directory"));
    let value = |place: usize| match place * 7919 % 13 {
        12 => f64::NAN,
        rest => rest as f64,
    };
    let values: Vec<f64> = (0..600).map(value).collect();
    let rows: Vec<usize> = (0..200).collect();
    for n_classes in [2, 3] {
        let classes: Vec<u8> = rows.iter().map(|row| (row * 31 % 7 % n_classes) as u8).collect();
        let table = Table::new(&values, 3).expect("rows of three");
        let training = TrainingRows { table, rows: &rows, classes: &classes, n_classes, weights: None };
        let config = ForestConfig { trees: 2, min_leaf: 20, ..ForestConfig::default() };
        let forest = RandomForest::fit(&config, &training, Seed(1), &|_| ()).expect("a forest");
        let config = BoostingConfig { rounds: 2, max_leaves: 4, ..BoostingConfig::default() };
        let boosting =
            GradientBoosting::fit(&config, &training, None, Seed(1), &|_, _| ()).expect("a model").0;
        for (name, bytes) in [("forest", forest.to_safetensors()), ("boosting", boosting.to_safetensors())] {
            std::fs::write(directory.join(format!("{name}_{n_classes}")), bytes)
                .expect("a writable directory");
        }
    }
}
