//! What to fit.

use networks::{Architecture, ComputeDevice, EpochReport, TrainingConfig};
use serde::{Deserialize, Serialize};
use trees::{BoostingConfig, ForestConfig};

use crate::library_model::LibrarySpec;
use crate::tirex_model::TirexSpec;

/// The models there are, by the name that configs, reports and bundles use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Histogram random forest on one row.
    RandomForest,
    /// LSTM with self-attention on a window of rows.
    Lstm,
    /// Transformer encoder on a window of rows.
    Transformer,
    /// Gradient-boosted trees on one row.
    Boosting,
    /// linfa's decision tree on one row.
    LinfaTree,
    /// linfa's logistic regression on one row.
    LinfaLogistic,
    /// smartcore's random forest on one row.
    SmartcoreForest,
    /// smartcore's nearest neighbours of one row.
    SmartcoreKnn,
    /// A head on what the TiRex forecaster makes of a window.
    Tirex,
}

impl ModelKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::RandomForest,
        Self::Boosting,
        Self::Lstm,
        Self::Transformer,
        Self::Tirex,
        Self::LinfaTree,
        Self::LinfaLogistic,
        Self::SmartcoreForest,
        Self::SmartcoreKnn,
    ];

    /// What it is worth in an ensemble before anything is known, to be divided by the sum of all.
    pub fn prior_weight(self) -> f64 {
        match self {
            Self::Lstm | Self::Transformer => 0.4,
            _ => 0.2,
        }
    }

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::RandomForest => "random_forest",
            Self::Lstm => "lstm",
            Self::Transformer => "transformer",
            Self::Boosting => "boosting",
            Self::LinfaTree => "linfa_tree",
            Self::LinfaLogistic => "linfa_logistic",
            Self::SmartcoreForest => "smartcore_forest",
            Self::SmartcoreKnn => "smartcore_knn",
            Self::Tirex => "tirex",
        }
    }
}

/// A network with all that its training needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Which network, and its sizes.
    pub architecture: Architecture,
    /// How it is trained.
    pub training: TrainingConfig,
    /// Rows in a window.
    pub lookback: usize,
    /// Learn from every n-th window in an epoch, in turns, and stop by every n-th; neighbours share almost all of
    /// their rows.
    pub window_stride: usize,
    /// What computes the steps of training.
    pub device: ComputeDevice,
}

/// A model and its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelSpec {
    /// Random forest.
    RandomForest(ForestConfig),
    /// LSTM or Transformer.
    Network(NetworkSpec),
    /// Gradient boosting.
    Boosting(BoostingConfig),
    /// A model of linfa or smartcore.
    Library(LibrarySpec),
    /// A head on a forecaster.
    Tirex(TirexSpec),
}

impl ModelSpec {
    /// Which model.
    pub fn kind(&self) -> ModelKind {
        match self {
            Self::RandomForest(_) => ModelKind::RandomForest,
            Self::Boosting(_) => ModelKind::Boosting,
            Self::Tirex(_) => ModelKind::Tirex,
            Self::Library(LibrarySpec::LinfaTree(_)) => ModelKind::LinfaTree,
            Self::Library(LibrarySpec::LinfaLogistic(_)) => ModelKind::LinfaLogistic,
            Self::Library(LibrarySpec::SmartcoreForest(_)) => ModelKind::SmartcoreForest,
            Self::Library(LibrarySpec::SmartcoreKnn(_)) => ModelKind::SmartcoreKnn,
            Self::Network(network) => match network.architecture {
                Architecture::LstmAttention(_) => ModelKind::Lstm,
                Architecture::Transformer(_) => ModelKind::Transformer,
            },
        }
    }

    /// Rows it looks at.
    pub fn lookback(&self) -> usize {
        match self {
            Self::Network(network) => network.lookback,
            Self::Tirex(tirex) => tirex.window,
            _ => 1,
        }
    }

    /// True when training needs held-back rows to know when to stop.
    pub fn needs_validation(&self) -> bool {
        match self {
            Self::Network(_) | Self::Tirex(_) => true,
            Self::Boosting(config) => config.early_stopping.is_some(),
            Self::RandomForest(_) | Self::Library(_) => false,
        }
    }
}

/// Hears how a fit is going, may end it, and keeps what it takes to go on with it. May be called from several threads.
pub trait FitProgress: Sync {
    /// `done` of `total` trees or steps; `note` says how it stands.
    fn step(&self, done: u64, total: u64, note: &str);
    /// An epoch ended.
    fn epoch(&self, report: &EpochReport);
    /// True when the fit should stop and keep the best so far.
    fn is_cancelled(&self) -> bool {
        false
    }
    /// Where an earlier fit of the same model on the same rows was, to go on from there; asked once, before the first
    /// step. Networks only: other models are fitted from the start.
    fn earlier_checkpoint(&self) -> Option<Vec<u8>> {
        None
    }
    /// Asked after each step of a network: whether the fit is to be kept as it now is.
    fn wants_checkpoint(&self) -> bool {
        false
    }
    /// The fit as it now is.
    fn checkpoint(&self, _bytes: &[u8]) {}
}

/// Says nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoProgress;

impl FitProgress for NoProgress {
    fn step(&self, _done: u64, _total: u64, _note: &str) {}
    fn epoch(&self, _report: &EpochReport) {}
}
