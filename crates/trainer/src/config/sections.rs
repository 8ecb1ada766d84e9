//! What a run can be told.

use std::path::PathBuf;

use classical::{LinfaTreeConfig, LogisticConfig, NeighboursConfig, SmartcoreForestConfig};
use data::QualityPolicy;
use ensemble::CalibrationMethod;
use features::FeatureSpec;
use labels::LabelSpec;
use market::{Seed, Timeframe};
use models::{HeadTraining, LibrarySpec, ModelKind, ModelSpec, NetworkSpec, TirexSpec};
use networks::{Architecture, ComputeDevice, LstmAttentionConfig, NetworkError, TrainingConfig};
use serde::{Deserialize, Serialize};
use trees::{BoostingConfig, ForestConfig};

use super::bar_paths::BarPaths;
use super::economics::EconomicsConfig;
use super::ensemble::{ConformalConfig, EnsembleConfig};
use super::tracking::TrackingConfig;
use super::validation::ValidationConfig;

/// The name of all models together in reports and bundles.
pub(crate) const ENSEMBLE: &str = "ensemble";

/// A whole run. Every section may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the run, part of its directory.
    pub name: String,
    /// Seed of everything random.
    #[serde(default = "default_seed")]
    pub seed: Seed,
    /// Models to train on the same folds.
    pub models: Vec<ModelKind>,
    /// What networks are trained on; they answer on the CPU, whatever it is.
    #[serde(default)]
    pub device: ComputeDevice,
    /// Bars.
    #[serde(default)]
    pub data: DataConfig,
    /// Features.
    #[serde(default)]
    pub features: FeatureSpec,
    /// Forecasts as further features; none without this section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<ForecastConfig>,
    /// Label.
    #[serde(default)]
    pub label: LabelSpec,
    /// Splits.
    #[serde(default)]
    pub validation: ValidationConfig,
    /// How each model's probabilities are corrected on held-back rows.
    #[serde(default)]
    pub calibration: CalibrationMethod,
    /// All models as one more; none without this section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ensemble: Option<EnsembleConfig>,
    /// Prediction sets.
    #[serde(default)]
    pub conformal: ConformalConfig,
    /// Random forest.
    #[serde(default)]
    pub random_forest: ForestConfig,
    /// Gradient boosting.
    #[serde(default)]
    pub boosting: BoostingConfig,
    /// linfa's decision tree.
    #[serde(default)]
    pub linfa_tree: LinfaTreeConfig,
    /// linfa's logistic regression.
    #[serde(default)]
    pub linfa_logistic: LogisticConfig,
    /// smartcore's random forest.
    #[serde(default)]
    pub smartcore_forest: SmartcoreForestConfig,
    /// smartcore's nearest neighbours.
    #[serde(default)]
    pub smartcore_knn: NeighboursConfig,
    /// LSTM with attention.
    #[serde(default)]
    pub lstm: LstmConfig,
    /// Transformer.
    #[serde(default)]
    pub transformer: TransformerConfig,
    /// TiRex, with a head that classifies.
    #[serde(default)]
    pub tirex: TirexConfig,
    /// Trading on the predictions.
    #[serde(default)]
    pub economics: EconomicsConfig,
    /// Report.
    #[serde(default)]
    pub report: ReportConfig,
    /// Where the run is told; nothing depends on it.
    #[serde(default, skip_serializing)]
    pub tracking: TrackingConfig,
}

fn default_seed() -> Seed {
    Seed(7)
}

/// Where the bars come from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataConfig {
    /// File, directory or pattern, or a list of them as one series; relative to the config file.
    pub path: Option<BarPaths>,
    /// Several symbols that one model learns from together, instead of `path`: for each a file, directory or
    /// pattern, or a list of them, relative to the config file. All are split at the same instants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pool: Vec<BarPaths>,
    /// Bars of other symbols that `cross_asset` features look at: for each symbol a file, directory or
    /// pattern, relative to the config file. They are loaded under the same policy, and the series is cut to
    /// where all of them have bars.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<PathBuf>,
    /// Symbol; by default from the file's name.
    pub symbol: Option<String>,
    /// Timeframe; by default the most frequent spacing.
    pub timeframe: Option<Timeframe>,
    /// Longest run of missing bars that state carries on over; by default from the file's own calendar.
    pub max_missing_bars: Option<u64>,
    /// What to do about each kind of finding.
    pub policy: QualityPolicy,
}

/// Forecasts of the price as columns that models see beside the features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForecastConfig {
    /// The forecaster's weights, `model.ckpt` or safetensors, relative to the config file; by default the small model that is
    /// built in.
    pub weights: Option<PathBuf>,
    /// Log closes that it looks at.
    pub context_bars: usize,
    /// Bars ahead; by default the label's horizon.
    pub horizon_bars: Option<usize>,
    /// Bars of the timeframe's grid between two forecasts; in between the last one holds.
    pub stride_bars: usize,
}

impl Default for ForecastConfig {
    fn default() -> Self {
        Self { weights: None, context_bars: 512, horizon_bars: None, stride_bars: 6 }
    }
}

/// The LSTM and its training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LstmConfig {
    /// Rows in a window.
    pub lookback: usize,
    /// Learn from every n-th window in an epoch, in turns, and stop by every n-th.
    pub window_stride: usize,
    /// Sizes.
    pub network: LstmAttentionConfig,
    /// Training.
    pub training: TrainingConfig,
}

impl Default for LstmConfig {
    fn default() -> Self {
        let network = LstmAttentionConfig::default();
        let training = TrainingConfig::for_architecture(&Architecture::LstmAttention(network.clone()));
        Self { lookback: 100, window_stride: 1, network, training }
    }
}

/// The Transformer and its training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TransformerConfig {
    /// Rows in a window.
    pub lookback: usize,
    /// Learn from every n-th window in an epoch, in turns, and stop by every n-th.
    pub window_stride: usize,
    /// Sizes.
    pub network: networks::TransformerConfig,
    /// Training.
    pub training: TrainingConfig,
}

impl Default for TransformerConfig {
    fn default() -> Self {
        let network = networks::TransformerConfig::default();
        let training = TrainingConfig::for_architecture(&Architecture::Transformer(network.clone()));
        Self { lookback: 100, window_stride: 1, network, training }
    }
}

/// The forecaster with its head, and how that is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TirexConfig {
    /// The forecaster's weights, `model.ckpt` or safetensors, relative to the config file; by default the small model that is
    /// built in.
    pub weights: Option<PathBuf>,
    /// Features whose values in a window the forecaster looks at, each a series of its own. Other models see them only when
    /// the features name them as well.
    pub inputs: Vec<String>,
    /// Rows in a window.
    pub window: usize,
    /// Learn from every n-th row only.
    pub row_stride: usize,
    /// Width of the head's hidden layer; 0 for a linear head.
    pub hidden_size: usize,
    /// Training of the head, the forecaster left as it is.
    pub head: HeadTraining,
    /// Blocks, from the last one on, that learn together with the head afterwards; with 0 none does.
    pub tuned_blocks: usize,
    /// Training of those blocks and the head.
    pub tuning: HeadTraining,
    /// Keep what the forecaster made of windows below the artifacts, for the next folds and runs.
    pub cache: bool,
}

impl Default for TirexConfig {
    fn default() -> Self {
        Self {
            weights: None,
            inputs: ["log_close", "log_range", "rv_12_log_ratio"].map(str::to_owned).to_vec(),
            window: 256,
            row_stride: 4,
            hidden_size: 0,
            head: HeadTraining {
                max_epochs: 30,
                batch_size: 256,
                learning_rate: 1e-3,
                weight_decay: 0.1,
                patience: 4,
            },
            tuned_blocks: 0,
            tuning: HeadTraining {
                max_epochs: 4,
                batch_size: 32,
                learning_rate: 3e-5,
                weight_decay: 0.1,
                patience: 2,
            },
            cache: true,
        }
    }
}

/// How much work the report is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// Draws of the block bootstrap.
    pub bootstrap_draws: usize,
    /// Out-of-sample rows per fold on which the permutation importance of a model of single rows is measured.
    pub importance_rows: usize,
    /// Out-of-sample windows over all folds for that of a network or of nearest neighbours, at most 512.
    pub importance_windows: usize,
    /// How often each feature is shuffled.
    pub importance_repeats: usize,
    /// Out-of-sample rows per fold whose answers are taken apart, for models of trees.
    pub explained_rows: usize,
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self {
            bootstrap_draws: 1000,
            importance_rows: 2000,
            importance_windows: 256,
            importance_repeats: 5,
            explained_rows: 200,
        }
    }
}

impl Config {
    /// The features of the table: those that are asked for, and those that only a forecaster looks at.
    pub(crate) fn feature_spec(&self) -> FeatureSpec {
        let mut spec = self.features.clone();
        if self.models.contains(&ModelKind::Tirex) {
            spec.sets.extend(self.tirex.inputs.iter().cloned());
        }
        spec
    }

    /// Names of everything that is scored: the run's models in their order, then the ensemble.
    pub(crate) fn scored_names(&self) -> Vec<&'static str> {
        let members = self.models.iter().map(|kind| kind.name());
        members.chain(self.ensemble.as_ref().map(|_| ENSEMBLE)).collect()
    }

    /// What to fit for one of the run's models.
    pub fn model_spec(&self, kind: ModelKind) -> ModelSpec {
        match kind {
            ModelKind::RandomForest => ModelSpec::RandomForest(self.random_forest.clone()),
            ModelKind::Boosting => ModelSpec::Boosting(self.boosting.clone()),
            ModelKind::LinfaTree => ModelSpec::Library(LibrarySpec::LinfaTree(self.linfa_tree.clone())),
            ModelKind::LinfaLogistic => {
                ModelSpec::Library(LibrarySpec::LinfaLogistic(self.linfa_logistic.clone()))
            }
            ModelKind::SmartcoreForest => {
                ModelSpec::Library(LibrarySpec::SmartcoreForest(self.smartcore_forest.clone()))
            }
            ModelKind::SmartcoreKnn => {
                ModelSpec::Library(LibrarySpec::SmartcoreKnn(self.smartcore_knn.clone()))
            }
            ModelKind::Tirex => ModelSpec::Tirex(TirexSpec {
                weights: self.tirex.weights.clone(),
                levels: Vec::new(),
                window: self.tirex.window,
                row_stride: self.tirex.row_stride,
                hidden_size: self.tirex.hidden_size,
                head: self.tirex.head.clone(),
                tuned_blocks: self.tirex.tuned_blocks,
                tuning: self.tirex.tuning.clone(),
                cache: None,
            }),
            ModelKind::Lstm => ModelSpec::Network(NetworkSpec {
                architecture: Architecture::LstmAttention(self.lstm.network.clone()),
                training: self.lstm.training.clone(),
                lookback: self.lstm.lookback,
                window_stride: self.lstm.window_stride,
                device: self.device,
            }),
            ModelKind::Transformer => ModelSpec::Network(NetworkSpec {
                architecture: Architecture::Transformer(self.transformer.network.clone()),
                training: self.transformer.training.clone(),
                lookback: self.transformer.lookback,
                window_stride: self.transformer.window_stride,
                device: self.device,
            }),
        }
    }

    /// The first value that makes no sense: its key and why.
    pub(crate) fn first_fault(&self) -> Option<(String, String)> {
        let fault = |key: &str, why: String| Some((key.to_owned(), why));
        if self.models.is_empty() {
            let names: Vec<&str> = ModelKind::ALL.iter().map(|kind| kind.name()).collect();
            return fault("models", format!("name at least one model: {}", names.join(", ")));
        }
        if !self.device.is_built_in() {
            return fault("device", NetworkError::Device(self.device).to_string());
        }
        for (index, kind) in self.models.iter().enumerate() {
            if self.models[..index].contains(kind) {
                return fault("models", format!("{} stands twice", kind.name()));
            }
        }
        if self.name.is_empty() || !self.name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        {
            return fault("name", "use letters, digits, '-', '_' and '.': it names a directory".to_owned());
        }
        let faults = [
            self.validation.first_fault(),
            self.economics.first_fault(),
            self.conformal.first_fault(),
            self.ensemble.as_ref().and_then(|ensemble| ensemble.first_fault(&self.models)),
            self.fault_between_sections(),
        ];
        if let Some(fault) = faults.into_iter().flatten().next() {
            return Some(fault);
        }
        let r = &self.report;
        let forest = &self.random_forest;
        for (key, count, least, most) in [
            ("label.horizon", self.label.horizon, 1, 100_000),
            ("label.sigma_window", self.label.sigma_window, 2, 1_000_000),
            ("label.median_window", self.label.median_window.unwrap_or(1), 1, 1_000_000),
            ("random_forest.trees", forest.trees, 1, 100_000),
            ("random_forest.min_leaf", forest.min_leaf, 1, 1_000_000_000),
            ("random_forest.max_depth", forest.max_depth.unwrap_or(1), 1, 1_000_000),
            ("report.bootstrap_draws", r.bootstrap_draws, 100, 100_000),
            ("report.importance_rows", r.importance_rows, 10, 1_000_000),
            ("report.importance_windows", r.importance_windows, 10, 512),
            ("report.importance_repeats", r.importance_repeats, 1, 100),
            ("report.explained_rows", r.explained_rows, 1, 100_000),
            ("lstm.lookback", self.lstm.lookback, 2, 10_000),
            ("lstm.window_stride", self.lstm.window_stride, 1, 10_000),
            ("transformer.lookback", self.transformer.lookback, 2, 10_000),
            ("transformer.window_stride", self.transformer.window_stride, 1, 10_000),
            ("tirex.inputs", self.tirex.inputs.len(), 1, 16),
            ("tirex.window", self.tirex.window, 16, 2048),
            ("tirex.row_stride", self.tirex.row_stride, 1, 10_000),
            ("tirex.hidden_size", self.tirex.hidden_size, 0, 4096),
            ("tirex.tuned_blocks", self.tirex.tuned_blocks, 0, 64),
        ] {
            if !(least..=most).contains(&count) {
                return fault(key, format!("{count} is not between {least} and {most}"));
            }
        }
        for (section, spec) in [
            ("lstm", self.model_spec(ModelKind::Lstm)),
            ("transformer", self.model_spec(ModelKind::Transformer)),
        ] {
            let ModelSpec::Network(network) = spec else { continue };
            let checks =
                [("network", network.architecture.validate()), ("training", network.training.validate())];
            for (part, check) in checks {
                if let Err(error) = check {
                    return fault(&format!("{section}.{part}"), error.to_string());
                }
            }
        }
        for (section, training) in [("head", &self.tirex.head), ("tuning", &self.tirex.tuning)] {
            if let Err(error) = training.check() {
                return fault(&format!("tirex.{section}"), error);
            }
        }
        if let Err(error) = self.boosting.check() {
            return fault("boosting", error.to_string());
        }
        for (section, check) in [
            ("linfa_tree", self.linfa_tree.check()),
            ("linfa_logistic", self.linfa_logistic.check()),
            ("smartcore_forest", self.smartcore_forest.check()),
            ("smartcore_knn", self.smartcore_knn.check()),
        ] {
            if let Err(error) = check {
                return fault(section, error.to_string());
            }
        }
        if let Err(error) = self.data.policy.validate() {
            return fault("data.policy", error.to_string());
        }
        None
    }

    /// Values that do not go together.
    fn fault_between_sections(&self) -> Option<(String, String)> {
        let fault = |key: &str, why: String| Some((key.to_owned(), why));
        let scheme = self.validation.scheme();
        if self.label.kind.is_fitted_on_data() && !scheme.trains_on_past_only() {
            let why = format!(
                "the label {} is learnt from the bars before the test block, but {} also learns from those behind it; use walk_forward, time_series or monte_carlo",
                self.label.kind.name(),
                scheme.name()
            );
            return fault("validation.split", why);
        }
        let pool = &self.data.pool;
        if !pool.is_empty() && self.data.path.is_some() {
            return fault("data.pool", "data.path is given as well; remove one of the two".to_owned());
        }
        if !pool.is_empty() && self.data.symbol.is_some() {
            return fault(
                "data.symbol",
                "with data.pool each file's name is its symbol; remove this".to_owned(),
            );
        }
        None
    }
}
