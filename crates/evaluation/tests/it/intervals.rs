//! Block lengths against the package arch (`tests/oracle/block_length.py`), and how often the intervals hold
//! the truth in a simulation.

use evaluation::{Bootstrap, Predictions, TestRow, log_losses, mean_block_length};
use market::{Purpose, Seed};
use rand::RngExt;

use crate::golden::{close, list, number, numbers, read};

#[test]
fn block_lengths_of_arch() {
    for series in list(&read("block_length.json")) {
        let ours = mean_block_length(&numbers(&series["values"]), 1.0);
        close(ours, number(&series["length"]), 1e-9, series["name"].as_str().unwrap());
    }
}

/// A call is right where an AR(1) process with unit normal shocks is above 0, half of the time.
fn sign_process(phi: f64, n: usize, seed: Seed) -> (Vec<TestRow>, Predictions) {
    let mut random = seed.stream(Purpose::Part, &[]);
    let mut normal = || {
        let (u, v): (f64, f64) = (random.random_range(f64::MIN_POSITIVE..1.0), random.random_range(0.0..1.0));
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    };
    let mut value = normal() / (1.0 - phi * phi).sqrt();
    let rows = (0..n)
        .map(|bar| {
            let row = TestRow { bar, fold: 0, class: u8::from(value > 0.0) };
            value = phi * value + normal();
            row
        })
        .collect();
    (rows, Predictions { values: [0.4, 0.6].repeat(n) })
}

/// Share of `runs` whose interval of the accuracy holds ½, by the rule of the reports: automatic blocks of at
/// least `least` rows from the log-losses.
fn coverage(phi: f64, n: usize, runs: u64, draws: usize, least: f64) -> f64 {
    let covered = (0..runs).filter(|run| {
        let seed = Seed(20_260_101).part(&[(phi * 100.0) as u64, *run]);
        let (rows, predictions) = sign_process(phi, n, seed);
        let block = mean_block_length(&log_losses(&rows, &predictions, 2), least);
        let scores = Bootstrap::new(n, 2, block, draws, seed).score(&rows, &predictions);
        let accuracy = scores.metrics().accuracy;
        accuracy.low <= 0.5 && 0.5 <= accuracy.high
    });
    covered.count() as f64 / runs as f64
}

/// 150 runs: one standard deviation of the coverage is .02.
#[test]
fn intervals_hold_the_truth() {
    for (phi, least) in [(0.5, 0.88), (0.9, 0.86)] {
        let share = coverage(phi, 2000, 150, 300, 2.0);
        println!("φ {phi}: {share} of 150 intervals over 2,000 rows hold the truth");
        assert!((least..=0.995).contains(&share), "φ {phi}: {share}");
    }
}

/// 1,000 runs of 10,000 rows: runs with `REGIME_LONG_TESTS=1`.
#[test]
fn intervals_hold_the_truth_over_ten_thousand_rows() {
    if std::env::var_os("REGIME_LONG_TESTS").is_none() {
        println!("skipped: set REGIME_LONG_TESTS=1 to run");
        return;
    }
    for (phi, needed) in [(0.5, 0.92), (0.9, 0.90)] {
        for horizon in [1, 12] {
            let share = coverage(phi, 10_000, 1000, 1000, 2.0 * f64::from(horizon));
            println!(
                "φ {phi}, horizon {horizon}: {share} of 1,000 intervals over 10,000 rows hold the truth"
            );
            assert!(share >= needed, "φ {phi}, horizon {horizon}: {share} is below {needed}");
        }
    }
}
