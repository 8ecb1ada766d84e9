//! What the library models cost: the figures in their documentation.
//!
//! `cargo run --release -p classical --example timings` fits each on 1,000 to 20,000 rows of 100 columns and two classes,
//! and prints the CPU time of the fit and of 100 answers in milliseconds, beside our own forest of as many trees.

#![allow(clippy::print_stdout, reason = "figures are printed")]

use classical::{
    LinfaTreeConfig, LogisticConfig, LogisticRegression, NearestNeighbours, NeighboursConfig,
    SmartcoreForestConfig, fit_linfa_tree, fit_smartcore_forest,
};
use cpu_time::ProcessTime;
use market::{Purpose, Seed};
use rand::RngExt;
use trees::{ForestConfig, RandomForest, Table, TrainingRows};

const COLUMNS: usize = 100;

fn main() {
    let mut random = Seed(1).stream(Purpose::Synthetic, &[]);
    let values: Vec<f64> = (0..20_000 * COLUMNS).map(|_| random.random_range(-1.0..1.0)).collect();
    let noisy = |row: &[f64]| u8::from(row[0] + row[1] * row[2] + random.random_range(-0.5..0.5) > 0.0);
    let classes: Vec<u8> = values.chunks_exact(COLUMNS).map(noisy).collect();
    let table = Table::new(&values, COLUMNS).expect("rows");
    for n in [1_000, 2_000, 5_000, 20_000] {
        let rows: Vec<usize> = (0..n).collect();
        let data = TrainingRows { table, rows: &rows, classes: &classes[..n], n_classes: 2, weights: None };
        let asked: Vec<usize> = (0..100).collect();
        timed("linfa_tree", n, || fit_linfa_tree(&LinfaTreeConfig::default(), &data).expect("a tree"));
        let config = LogisticConfig { max_rows: n, ..LogisticConfig::default() };
        timed("linfa_logistic", n, || LogisticRegression::fit(&config, &data).expect("a regression"));
        if n <= 5_000 {
            let config = SmartcoreForestConfig { max_rows: n, ..SmartcoreForestConfig::default() };
            timed("smartcore_forest", n, || fit_smartcore_forest(&config, &data, 1).expect("a forest"));
        }
        let config = ForestConfig { trees: 100, min_leaf: 5, ..ForestConfig::default() };
        timed("random_forest", n, || RandomForest::fit(&config, &data, Seed(1), &|_| ()).expect("a forest"));
        let config = NeighboursConfig { max_rows: n, ..NeighboursConfig::default() };
        let model = timed("smartcore_knn", n, || NearestNeighbours::fit(&config, &data).expect("rows"));
        timed("smartcore_knn, 100 answers", n, || model.predict(&table, &asked).expect("answers"));
    }
}

fn timed<T>(name: &str, rows: usize, work: impl Fn() -> T) -> T {
    let start = ProcessTime::now();
    let done = work();
    println!("{name:<28} {rows:>7} rows {:>10.1} ms", start.elapsed().as_secs_f64() * 1e3);
    done
}
