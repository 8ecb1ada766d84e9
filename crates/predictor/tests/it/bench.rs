//! A temporary directory with bars and two small bundles, in which the program is run.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use durable::StagedDirectory;
use ensemble::{AdaptiveThresholds, CalibrationMethod, Conformal};
use features::FeatureSpec;
use market::{BarSeries, Classes, Seed, Timeframe};
use models::{FittedModel, LabelledRows, ModelSpec, NetworkSpec, NoProgress, TrainingSet};
use networks::{Architecture, ComputeDevice, LstmAttentionConfig, TrainingConfig};
use pipeline::{Bundle, BundleFacts, Core, GitState, Member, Pipeline};
use serde_json::json;
use synthetic::Preset;
use tempfile::TempDir;
use trees::ForestConfig;

/// Few features that settle soon.
const FEATURES: [&str; 4] = ["returns_1", "vol_20", "bb_position", "close_position"];
const LOOKBACK: usize = 6;

pub(crate) struct Bench {
    directory: TempDir,
}

impl Bench {
    /// With 600 hourly bars in `bars.csv`, and `forest/0.1.0` and `lstm/0.1.0` trained on them.
    pub(crate) fn new() -> Self {
        let bench = Self { directory: tempfile::tempdir().unwrap() };
        let series = market(600, Timeframe::HOUR);
        bench.write("bars.csv", csv(&series));
        for (name, spec) in [("forest", forest()), ("lstm", lstm())] {
            let pipeline = fitted(name, &spec, &series);
            let staged = StagedDirectory::create(&bench.path(&format!("{name}/0.1.0"))).unwrap();
            Bundle::write(&pipeline, facts(name), &staged, "").unwrap();
            staged.publish().unwrap();
        }
        bench
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Another version of a bundle, fitted on the first bars only: it answers differently.
    pub(crate) fn add_version(&self, name: &str, version: &str, bars: usize, timeframe: Timeframe) {
        let series = market(600, timeframe).part(0..bars).unwrap();
        let pipeline = fitted(name, &forest(), &series);
        let staged = StagedDirectory::create(&self.path(&format!("{name}/{version}"))).unwrap();
        let facts = BundleFacts { version: version.to_owned(), ..facts(name) };
        Bundle::write(&pipeline, facts, &staged, "").unwrap();
        staged.publish().unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program in this directory, with back traces on.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_predictor"));
        command.args(arguments).current_dir(self.directory.path()).env("RUST_BACKTRACE", "1");
        command.output().unwrap()
    }

    pub(crate) fn predict(&self, model: &str, input: &str, output: &str, more: &[&str]) -> Output {
        let arguments = ["predict", "--model", model, "--input", input, "--output", output];
        self.run(&[&arguments, more].concat())
    }

    /// Predicts and expects success.
    pub(crate) fn predicted(&self, model: &str, input: &str, output: &str, more: &[&str]) {
        let done = self.predict(model, input, output, more);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert!(done.stderr.is_empty());
    }

    /// The one line with which a prediction is refused. Nothing may be written.
    pub(crate) fn refused(&self, model: &str, input: &str) -> String {
        let line = one_line(&self.predict(model, input, "out.jsonl", &[]));
        assert!(!self.path("out.jsonl").exists(), "something was written: {line}");
        line
    }
}

/// The text of the only line that a failed command says.
pub(crate) fn one_line(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!said.contains("panicked") && !said.contains("backtrace"), "{said}");
    let line = said.strip_suffix('\n').unwrap_or_else(|| panic!("no line: {said:?}"));
    assert!(!line.contains('\n'), "more than one line: {said}");
    line.strip_prefix("error: ").unwrap_or_else(|| panic!("no error: {said}")).to_owned()
}

pub(crate) fn market(bars: usize, timeframe: Timeframe) -> BarSeries {
    synthetic::generate(&Preset::Easy.parameters(), bars, timeframe, Seed(7)).series
}

pub(crate) fn csv(series: &BarSeries) -> String {
    let mut text = String::from("timestamp,open,high,low,close,volume\n");
    for bar in series.bars() {
        let time = bar.open_time.millis();
        writeln!(text, "{time},{},{},{},{},{}", bar.open, bar.high, bar.low, bar.close, bar.volume).unwrap();
    }
    text
}

/// The bars of `bars.csv` as lines of JSON.
pub(crate) fn bar_lines() -> Vec<String> {
    let series = market(600, Timeframe::HOUR);
    let line = |bar: &market::Bar| {
        json!({
            "symbol": "BARS", "open_time": bar.open_time, "open": bar.open, "high": bar.high, "low": bar.low,
            "close": bar.close, "volume": bar.volume,
        })
    };
    series.bars().iter().map(|bar| line(bar).to_string()).collect()
}

fn forest() -> ModelSpec {
    ModelSpec::RandomForest(ForestConfig { trees: 3, min_leaf: 40, ..ForestConfig::default() })
}

fn lstm() -> ModelSpec {
    let network = LstmAttentionConfig {
        hidden_size: 4,
        layers: 1,
        attention_heads: 2,
        ..LstmAttentionConfig::default()
    };
    ModelSpec::Network(NetworkSpec {
        architecture: Architecture::LstmAttention(network),
        training: TrainingConfig {
            max_steps: Some(4),
            steps_per_epoch: Some(2),
            ..TrainingConfig::default()
        },
        lookback: LOOKBACK,
        window_stride: 1,
        device: ComputeDevice::Cpu,
    })
}

/// A model of one member that learned whether the next close is higher, fitted on most bars.
fn fitted(name: &str, spec: &ModelSpec, series: &BarSeries) -> Pipeline {
    let features = FeatureSpec { sets: FEATURES.map(str::to_owned).into(), ..FeatureSpec::default() };
    let set = features::FeatureSet::resolve(&features, series.timeframe()).unwrap();
    let table = features::FeatureTable::compute(&set, series, |_| ());
    let rows: Vec<usize> = (0..series.len() - 1).filter(|bar| table.is_usable(*bar, LOOKBACK)).collect();
    let closes = series.closes();
    let classes: Vec<u8> = rows.iter().map(|&bar| u8::from(closes[bar + 1] > closes[bar])).collect();
    let cut = rows.len() * 4 / 5;
    let labelled =
        |range: std::ops::Range<usize>| LabelledRows { ends: &rows[range.clone()], classes: &classes[range] };
    let data = TrainingSet {
        values: table.values(),
        n_features: set.schema().len(),
        n_classes: 2,
        train: labelled(0..cut),
        validation: labelled(cut..rows.len()),
        columns: None,
    };
    let (model, _) = FittedModel::fit(spec, &data, CalibrationMethod::None, Seed(7), &NoProgress).unwrap();
    let core = Core {
        classes: Classes::volatility(),
        horizon: 1,
        timeframe: series.timeframe(),
        gaps: series.gaps(),
        features,
        calibration: None,
        missing: std::collections::BTreeMap::new(),
        conformal: Some(Conformal {
            coverage: 0.9,
            score: 0.6,
            adaptive: AdaptiveThresholds { coverage: 0.9, step: 0.005, scores: vec![0.6; 2] },
            calibration_rows: 100,
        }),
        forecast: None,
        forecast_interval: None,
    };
    Pipeline::new(
        core,
        vec![Member { name: name.to_owned(), weight: 1.0, model: std::sync::Arc::new(model) }],
        None,
    )
    .unwrap()
}

fn facts(name: &str) -> BundleFacts {
    BundleFacts {
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        created_at: "2024-01-01T00:00:00+00:00".to_owned(),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        git: GitState { commit: None, dirty: false },
        run: "test".to_owned(),
        fitted_on: "final".to_owned(),
        seed: 7,
        config: json!({}),
        labellers: std::collections::BTreeMap::new(),
        references: std::collections::BTreeMap::new(),
        label: json!({ "kind": "volatility", "horizon": 1, "median_window": 20 }),
        data: json!({}),
        metrics: json!({}),
    }
}

/// Bars without a breaking hole that a bundle needs, as the library says.
pub(crate) fn required_bars(bundle: &Path) -> usize {
    Bundle::load(bundle).unwrap().pipeline.required_bars()
}
