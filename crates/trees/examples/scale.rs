//! How time and memory grow with the rows.
//!
//! `cargo run --release -p trees --example scale -- --rows N [--columns 100] [--threads T] [--trees 20] [--only forest|boosting]`
//! fits both on N made-up rows of two classes (as many trees as rounds) and prints one JSON line for each: CPU and wall
//! time of the fit, and the peak of resident memory since the start, of which the table itself is N x columns x 8 bytes.

#![allow(clippy::print_stdout, reason = "figures are printed")]

use std::time::Instant;

use cpu_time::ProcessTime;
use market::{Purpose, Seed};
use rand::Rng;
use trees::{BoostingConfig, ForestConfig, GradientBoosting, RandomForest, Table, TrainingRows};

fn main() {
    let argument = |name: &str| std::env::args().skip_while(|given| given != name).nth(1);
    let number =
        |name: &str, usual: usize| argument(name).map_or(usual, |text| text.parse().expect("a whole number"));
    let (n, columns, trees) = (number("--rows", 100_000), number("--columns", 100), number("--trees", 20));
    rayon::ThreadPoolBuilder::new()
        .num_threads(number("--threads", 1))
        .build_global()
        .expect("a thread pool");
    let only = argument("--only");
    let wanted = |name: &str| only.as_ref().is_none_or(|only| only == name);
    let mut random = Seed(1).stream(Purpose::Synthetic, &[]);
    let mut uniform = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
    let values: Vec<f64> = (0..n * columns).map(|_| uniform()).collect();
    let classes: Vec<u8> = values
        .chunks_exact(columns)
        .map(|row| u8::from(row[0] + 4.0 * row[1] * row[2] + 0.6 * uniform() > 0.0))
        .collect();
    let rows: Vec<usize> = (0..n).collect();
    let table = Table::new(&values, columns).expect("rows");
    let data = TrainingRows { table, rows: &rows, classes: &classes, n_classes: 2, weights: None };
    if wanted("forest") {
        let config = ForestConfig { trees, min_leaf: 20, ..ForestConfig::default() };
        timed("forest", n, || {
            RandomForest::fit(&config, &data, Seed(1), &|_| ()).expect("a forest");
        });
    }
    if wanted("boosting") {
        let config = BoostingConfig { rounds: trees, learning_rate: 0.1, ..BoostingConfig::default() };
        timed("boosting", n, || {
            GradientBoosting::fit(&config, &data, None, Seed(1), &|_, _| ()).expect("a model");
        });
    }
}

fn timed(name: &str, rows: usize, work: impl Fn()) {
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    work();
    let (cpu, wall) = (cpu.elapsed().as_secs_f64(), wall.elapsed().as_secs_f64());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0);
    println!(
        "{{\"name\": \"{name}\", \"rows\": {rows}, \"cpu_ms\": {:.0}, \"wall_ms\": {:.0}, \"us_per_row\": {:.2}, \"peak_rss_mib\": {}}}",
        cpu * 1e3,
        wall * 1e3,
        cpu * 1e6 / rows as f64,
        peak / 1024
    );
}
