//! A temporary directory in which markets are made, models trained and bars predicted.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

/// A small run that serves every model: few trees, tiny networks, few draws.
const CONFIG: &str = r#"
name = "small"
models = ["random_forest"]

[label]
kind = "forward_direction"
horizon = 6

[validation]
folds = 3

[random_forest]
trees = 20
min_leaf = 20

[lstm]
lookback = 12
[lstm.network]
hidden_size = 8
layers = 1
attention_heads = 2
[lstm.training]
max_steps = 30
steps_per_epoch = 15

[transformer]
lookback = 12
[transformer.network]
model_size = 16
heads = 2
layers = 1
feed_forward_size = 32
[transformer.training]
max_steps = 30
steps_per_epoch = 15

[tirex]
inputs = ["log_close", "log_range", "rv_12_log_ratio"]
window = 40
row_stride = 5
tuned_blocks = 1
[tirex.head]
max_epochs = 3
batch_size = 64
learning_rate = 1e-3
weight_decay = 0.1
patience = 2
[tirex.tuning]
max_epochs = 1
batch_size = 64
learning_rate = 1e-4
weight_decay = 0.1
patience = 1

[report]
bootstrap_draws = 200
importance_rows = 200
importance_windows = 10
importance_repeats = 1
"#;

/// The directory; removed when dropped.
pub(crate) struct Workshop {
    directory: TempDir,
    config: PathBuf,
}

/// A finished run.
pub(crate) struct Run {
    /// `runs/<run>`.
    pub(crate) directory: PathBuf,
    /// The final refits, in the order of the models.
    pub(crate) bundles: Vec<PathBuf>,
    /// `report.json`.
    pub(crate) report: Value,
}

/// A line of `predictions.csv`.
pub(crate) struct Row {
    pub(crate) model: String,
    pub(crate) fold: usize,
    pub(crate) timestamp: i64,
    pub(crate) label: String,
    pub(crate) predicted: String,
    pub(crate) probabilities: Vec<f64>,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("small.toml");
        fs::write(&config, CONFIG).unwrap();
        Self { directory, config }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Synthetic hourly bars.
    pub(crate) fn market(&self, preset: &str, bars: usize) -> PathBuf {
        let path = self.path(&format!("{preset}.csv"));
        let (bars, out) = (bars.to_string(), path.display().to_string());
        let arguments = ["synth", "--preset", preset, "--bars", &bars, "--seed", "7", "--out", &out];
        trainer::run(command_line(&arguments), &mut Vec::new()).unwrap();
        path
    }

    /// The same bars without those at `missing`, counted from the first bar.
    pub(crate) fn with_hole(&self, bars: &Path, missing: std::ops::Range<usize>) -> PathBuf {
        let text = fs::read_to_string(bars).unwrap();
        let is_kept = |line: usize| line == 0 || !missing.contains(&(line - 1));
        let kept: Vec<&str> =
            text.lines().enumerate().filter(|(line, _)| is_kept(*line)).map(|(_, text)| text).collect();
        let path = self.path("with-hole.csv");
        fs::write(&path, kept.join("\n")).unwrap();
        path
    }

    /// Trains with these settings and further arguments, writing below `out`.
    pub(crate) fn train(&self, bars: &Path, out: &str, settings: &[&str], more: &[&str]) -> Run {
        let bars = bars.display().to_string();
        self.run(out, settings, &[&["--data", &bars], more].concat())
    }

    /// Trains on several symbols together.
    pub(crate) fn train_pool(&self, symbols: &[PathBuf], settings: &[&str]) -> Run {
        let symbols: Vec<String> = symbols.iter().map(|path| path.display().to_string()).collect();
        let pool: Vec<&str> = symbols.iter().flat_map(|path| ["--pool", path]).collect();
        self.run("out", settings, &pool)
    }

    fn run(&self, out: &str, settings: &[&str], more: &[&str]) -> Run {
        let [config, out] = [&self.config, &self.path(out)].map(|path| path.display().to_string());
        let mut arguments = vec!["--config", &config, "--out", &out, "--quiet", "--json"];
        for setting in settings {
            arguments.extend(["--set", setting]);
        }
        arguments.extend(more);
        let mut said = Vec::new();
        trainer::run(command_line(&arguments), &mut said).unwrap();
        let said: Value = serde_json::from_slice(&said).unwrap();
        let report = fs::read_to_string(said["report_json"].as_str().unwrap()).unwrap();
        let bundles = said["bundles"].as_array().unwrap().iter();
        Run {
            directory: said["directory"].as_str().unwrap().into(),
            bundles: bundles.map(|bundle| bundle.as_str().unwrap().into()).collect(),
            report: serde_json::from_str(&report).unwrap(),
        }
    }

    /// Predicts every bar that can be predicted; the JSON lines.
    pub(crate) fn predict(&self, bundle: &Path, bars: &Path) -> Vec<Value> {
        let output = self.path("predictions.jsonl");
        let [model, input, out] = [bundle, bars, &output].map(|path| path.display().to_string());
        let arguments = ["predict", "--model", &model, "--input", &input, "--output", &out];
        predictor::run(command_line(&arguments), &mut Vec::new()).unwrap();
        let text = fs::read_to_string(output).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Run {
    /// The lines of `predictions.csv` of a run on one symbol.
    pub(crate) fn predictions(&self) -> Vec<Row> {
        let text = fs::read_to_string(self.directory.join("predictions.csv")).unwrap();
        let row = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            Row {
                model: cells[0].to_owned(),
                fold: cells[1].parse().unwrap(),
                timestamp: cells[2].parse().unwrap(),
                label: cells[3].to_owned(),
                predicted: cells[4].to_owned(),
                probabilities: cells[5..].iter().map(|cell| cell.parse().unwrap()).collect(),
            }
        };
        text.lines().skip(1).map(row).collect()
    }

    /// The manifest of the first model's bundle.
    pub(crate) fn manifest(&self) -> Value {
        let text = fs::read_to_string(self.bundles[0].join(pipeline::MANIFEST_FILE)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// The hash over everything that decides the first model's predictions.
    pub(crate) fn content_hash(&self) -> String {
        let hash = self.manifest()["content_hash"].as_str().unwrap().to_owned();
        assert_eq!(self.report["models"][0]["content_hash"], hash);
        hash
    }
}

/// A command line; the program's name, which comes first, is put in front.
pub(crate) fn command_line(arguments: &[&str]) -> Vec<OsString> {
    std::iter::once("program").chain(arguments.iter().copied()).map(OsString::from).collect()
}
