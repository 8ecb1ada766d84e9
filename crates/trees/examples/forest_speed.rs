//! Times fitting and prediction on two synthetic tables. Run with `cargo run -p trees --example forest_speed
//! [FOLDER]`; given a folder, the first table is also written there as `train.csv` and `test.csv`, for other
//! implementations to be timed on.
#![expect(clippy::print_stdout, reason = "it reports to the terminal")]

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use market::{Purpose, Seed};
use rand::Rng;
use trees::{ForestConfig, RandomForest, Table, TrainingRows};

/// A table with three classes, decided by noisy sums and products of the first ten columns.
struct Synthetic {
    values: Vec<f64>,
    classes: Vec<u8>,
    n_columns: usize,
}

impl Synthetic {
    fn new(n_rows: usize, n_columns: usize) -> Self {
        let mut random = Seed(1).stream(Purpose::Synthetic, &[n_rows as u64]);
        let mut uniform = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let mut normal = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        let (mut values, mut classes) = (Vec::with_capacity(n_rows * n_columns), Vec::with_capacity(n_rows));
        for _ in 0..n_rows {
            let start = values.len();
            values.extend((0..n_columns).map(|_| normal()));
            let x = &values[start..];
            let score = x[0] + x[1] + x[2] * x[3] + x[4].abs() - x[5] + 0.5 * x[6..10].iter().sum::<f64>();
            let score = score - 0.8 + 1.2 * normal();
            classes.push(if score < -1.0 { 0 } else { 1 + u8::from(score > 1.0) });
        }
        Self { values, classes, n_columns }
    }

    fn csv(&self, rows: std::ops::Range<usize>) -> String {
        let mut text = String::new();
        for column in 0..self.n_columns {
            let _ = write!(text, "x{column},");
        }
        text.push_str("label\n");
        for row in rows {
            for value in &self.values[row * self.n_columns..][..self.n_columns] {
                let _ = write!(text, "{value},");
            }
            let _ = writeln!(text, "{}", self.classes[row]);
        }
        text
    }
}

/// CPU time of the process so far, to hundredths: on a busy machine it says more than the clock. NaN where
/// there is no `/proc`.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in parentheses; user and system ticks are the 12th and 13th fields from there.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    let ticks: Vec<f64> = fields.filter_map(|field| field.parse().ok()).collect();
    if ticks.len() == 2 { (ticks[0] + ticks[1]) / 100.0 } else { f64::NAN }
}

fn race(name: &str, data: &Synthetic, n_training: usize, min_leaf: usize) {
    let table = Table::new(&data.values, data.n_columns).expect("the table is whole");
    let rows: Vec<usize> = (0..n_training).collect();
    let classes = &data.classes[..n_training];
    let training = TrainingRows { table, rows: &rows, classes, n_classes: 3 };
    let config = ForestConfig { min_leaf, ..ForestConfig::default() };
    for threads in [1, 2] {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let forest = pool.install(|| RandomForest::fit(&config, &training, Seed(1), &|_| ()));
        let forest = forest.expect("the data is sound");
        let (fit, cpu) = (start.elapsed(), cpu_seconds() - cpu);
        let test: Vec<usize> = (n_training..table.n_rows()).collect();
        let start = Instant::now();
        let predicted = pool.install(|| forest.predict(&table, &test));
        let batch = start.elapsed();
        let mut one = [0.0; 3];
        let start = Instant::now();
        test.iter().take(2000).for_each(|&row| forest.predict_row(table.row(row), &mut one));
        let row = start.elapsed() / 2000;
        let (mut right, mut loss) = (0_usize, 0.0);
        for (p, &row) in predicted.chunks_exact(3).zip(&test) {
            let class = usize::from(data.classes[row]);
            right += usize::from(p.iter().all(|x| *x <= p[class]));
            loss -= p[class].max(f64::EPSILON).ln();
        }
        let n = test.len() as f64;
        println!(
            "{name}, {threads} threads: fit {fit:.2?} (CPU {cpu:.2} s), {} test rows {batch:.2?}, one row {row:.2?}, {} nodes, \
             accuracy {:.4}, log-loss {:.4}, out of bag {:.4?}",
            test.len(),
            forest.n_nodes(),
            right as f64 / n,
            loss / n,
            forest.out_of_bag(),
        );
    }
}

fn main() -> std::io::Result<()> {
    let small = Synthetic::new(25_000, 60);
    if let Some(folder) = std::env::args().nth(1) {
        std::fs::write(Path::new(&folder).join("train.csv"), small.csv(0..20_000))?;
        std::fs::write(Path::new(&folder).join("test.csv"), small.csv(20_000..25_000))?;
    }
    race("20,000 x 60, leaves of 1", &small, 20_000, 1);
    race("110,000 x 41, leaves of 50", &Synthetic::new(130_000, 41), 110_000, 50);
    Ok(())
}
