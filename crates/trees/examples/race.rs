//! What forest and boosting cost and how well they do, in the format of a race against other libraries.
//!
//! `cargo run --release -p trees --example race -- --data TRAIN.csv --test TEST.csv [--label label] [--trees N]
//! [--threads T] [--min-leaf M] [--leaves L] [--learning-rate R] [--seed S] [--only forest|boosting]` learns the label
//! column from all columns of numbers and prints one JSON line for each peer: `fit_cpu_ms` and `fit_wall_ms`, CPU and
//! wall time of the fit (binning included), `predict_cpu_ms` of the probabilities of all test rows at once,
//! `one_row_ms` (median) and `one_row_p99_ms` of one row, `accuracy` and `log_loss` on the test rows. The forest's
//! leaves have at least M rows (1 by default); boosting has the usual 20. An empty field, or `nan`, is a missing value.

#![allow(clippy::print_stdout, reason = "a race prints its figures")]

use std::hint::black_box;
use std::time::Instant;

use cpu_time::ProcessTime;
use market::Seed;
use trees::{BoostingConfig, ForestConfig, GradientBoosting, RandomForest, Table, TrainingRows};

/// Rows asked one by one.
const ONE_BY_ONE: usize = 2000;

fn main() {
    let argument = |name: &str| std::env::args().skip_while(|given| given != name).nth(1);
    let number =
        |name: &str, usual: f64| argument(name).map_or(usual, |text| text.parse().expect("a number"));
    let count = |name: &str, usual: usize| number(name, usual as f64) as usize;
    let file = |name: &str| argument(name).unwrap_or_else(|| panic!("name a CSV file with {name}"));
    rayon::ThreadPoolBuilder::new().num_threads(count("--threads", 1)).build_global().expect("a thread pool");
    let label = argument("--label").unwrap_or_else(|| "label".to_owned());
    let [train, test] = [file("--data"), file("--test")].map(|path| Csv::read(&path, &label));
    assert_eq!(train.columns, test.columns, "both files have the same columns");
    let mut names: Vec<&String> = train.labels.iter().collect();
    names.sort_unstable();
    names.dedup();
    let race = Race { names: &names, train: train.data(&names), test: test.data(&names) };
    let seed = Seed(count("--seed", 0) as u64);
    let only = argument("--only");
    let wanted = |name: &str| only.as_ref().is_none_or(|only| only == name);
    if wanted("forest") {
        let config = ForestConfig {
            trees: count("--trees", 200),
            min_leaf: count("--min-leaf", 1),
            ..ForestConfig::default()
        };
        race.run(
            "forest",
            |rows| RandomForest::fit(&config, rows, seed, &|_| ()).expect("rows to learn from"),
            RandomForest::predict,
            RandomForest::predict_row,
        );
    }
    if wanted("boosting") {
        let config = BoostingConfig {
            rounds: count("--trees", 200),
            max_leaves: count("--leaves", 31),
            learning_rate: number("--learning-rate", 0.1),
            row_share: number("--row-share", 1.0),
            column_share: number("--column-share", 1.0),
            ..BoostingConfig::default()
        };
        race.run(
            "boosting",
            |rows| {
                GradientBoosting::fit(&config, rows, None, seed, &|_, _| ()).expect("rows to learn from").0
            },
            GradientBoosting::predict,
            GradientBoosting::predict_row,
        );
    }
}

/// A file's columns of numbers, row by row, and its label.
struct Csv {
    columns: Vec<String>,
    values: Vec<f64>,
    labels: Vec<String>,
}

impl Csv {
    fn read(path: &str, label: &str) -> Self {
        let mut reader = csv::Reader::from_path(path).expect("a CSV file");
        let heads: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
        let label = heads.iter().position(|head| head == label).expect("a column of that name");
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        let missing = |text: &str| text.is_empty() || text.eq_ignore_ascii_case("nan");
        let number = |column: usize| {
            rows.iter().all(|row| missing(&row[column]) || row[column].parse::<f64>().is_ok())
        };
        let places: Vec<usize> =
            (0..heads.len()).filter(|&column| column != label && number(column)).collect();
        let value = |text: &str| if missing(text) { f64::NAN } else { text.parse().expect("a number") };
        Self {
            columns: places.iter().map(|&column| heads[column].clone()).collect(),
            values: rows.iter().flat_map(|row| places.iter().map(|&column| value(&row[column]))).collect(),
            labels: rows.iter().map(|row| row[label].to_owned()).collect(),
        }
    }

    fn data(&self, names: &[&String]) -> Data<'_> {
        let class = |label: &String| {
            names.iter().position(|name| *name == label).expect("a class of the training file")
        };
        Data {
            table: Table::new(&self.values, self.columns.len()).expect("rows"),
            rows: (0..self.labels.len()).collect(),
            classes: self.labels.iter().map(|label| class(label) as u8).collect(),
        }
    }
}

struct Data<'a> {
    table: Table<'a>,
    rows: Vec<usize>,
    classes: Vec<u8>,
}

struct Race<'a> {
    names: &'a [&'a String],
    train: Data<'a>,
    test: Data<'a>,
}

impl Race<'_> {
    fn run<M>(
        &self,
        peer: &str,
        fit: impl Fn(&TrainingRows<'_>) -> M,
        predict: impl Fn(&M, &Table<'_>, &[usize]) -> Vec<f64>,
        predict_row: impl Fn(&M, &[f64], &mut [f64]),
    ) {
        let Data { table, rows, classes } = &self.train;
        let n_classes = self.names.len();
        let training = TrainingRows { table: *table, rows, classes, n_classes, weights: None };
        let (cpu, wall) = (ProcessTime::now(), Instant::now());
        let model = fit(&training);
        let (fit_cpu, fit_wall) = (cpu.elapsed(), wall.elapsed());
        let cpu = ProcessTime::now();
        let answers = black_box(predict(&model, &self.test.table, &self.test.rows));
        let predict_cpu = cpu.elapsed();
        let mut one = vec![0.0; n_classes];
        let mut times: Vec<u128> = self
            .test
            .rows
            .iter()
            .take(ONE_BY_ONE)
            .map(|&row| {
                let start = Instant::now();
                predict_row(&model, self.test.table.row(row), black_box(&mut one));
                start.elapsed().as_nanos()
            })
            .collect();
        times.sort_unstable();
        let (mut right, mut loss) = (0_usize, 0.0);
        for (p, &class) in answers.chunks_exact(n_classes).zip(&self.test.classes) {
            let class = usize::from(class);
            // Of equals the first, as everywhere.
            let top = (1..n_classes).fold(0, |top, k| if p[k] > p[top] { k } else { top });
            right += usize::from(top == class);
            loss -= p[class].max(f64::EPSILON).ln();
        }
        let n = self.test.classes.len() as f64;
        let millis = |nanos: u128| nanos as f64 / 1e6;
        println!(
            "{{\"peer\": \"{peer}\", \"rows\": {}, \"cols\": {}, \"fit_cpu_ms\": {:.1}, \"fit_wall_ms\": {:.1}, \"predict_cpu_ms\": {:.2}, \"one_row_ms\": {:.5}, \"one_row_p99_ms\": {:.5}, \"accuracy\": {:.6}, \"log_loss\": {:.6}}}",
            rows.len(),
            table.n_columns(),
            millis(fit_cpu.as_nanos()),
            millis(fit_wall.as_nanos()),
            millis(predict_cpu.as_nanos()),
            millis(times[times.len() / 2]),
            millis(times[times.len() * 99 / 100]),
            right as f64 / n,
            loss / n
        );
    }
}
