//! A network and its scaler behind the common seam.

use classical::StandardScaler;
use market::Seed;
use networks::{
    EpochReport, LabelledWindows, Network, NetworkError, NetworkShape, TrainingHistory, TrainingProgress,
    Windows,
};

use trees::Table;

use crate::error::{FitError, LoadError, PredictError};
use crate::rows::{FeatureView, LabelledRows, TrainingSet};
use crate::spec::{FitProgress, ModelKind, NetworkSpec};

pub(crate) const WEIGHTS_FILE: &str = "network.safetensors";
pub(crate) const SCALER_FILE: &str = "scaler.json";

/// A trained network with the scaler of its training rows.
#[derive(Debug)]
pub(crate) struct NetworkModel {
    pub(crate) network: Network,
    pub(crate) scaler: StandardScaler,
    pub(crate) lookback: usize,
}

pub(crate) fn fit(
    kind: ModelKind,
    spec: &NetworkSpec,
    data: &TrainingSet<'_>,
    seed: Seed,
    progress: &dyn FitProgress,
) -> Result<(NetworkModel, TrainingHistory), FitError> {
    let named = |source: NetworkError| FitError::Network { name: kind.name().to_owned(), source };
    let scaler = StandardScaler::fit(Table::new(data.values, data.n_features)?, data.train.ends);
    let scaled = scale_all(&scaler, data.values, data.n_features);
    let windows = |ends| Windows::new(&scaled, data.n_features, spec.lookback, ends);
    let [train, validation] =
        [data.train, data.validation].map(|rows| Thinned::new(rows, spec.window_stride.max(1)));
    let train = LabelledWindows::new(windows(&train.ends).map_err(named)?, &train.classes).map_err(named)?;
    let validation = LabelledWindows::new(windows(&validation.ends).map_err(named)?, &validation.classes)
        .map_err(named)?;
    let mut hears = Hears { progress };
    let (network, history) = Network::fit(
        &spec.architecture,
        &spec.training,
        &train,
        &validation,
        data.n_classes,
        seed,
        &mut hears,
    )
    .map_err(named)?;
    Ok((NetworkModel { network, scaler, lookback: spec.lookback }, history))
}

impl NetworkModel {
    pub(crate) fn predict(&self, view: &FeatureView<'_>) -> Result<Vec<f64>, PredictError> {
        let (Some(first), Some(last)) = (view.ends.iter().min(), view.ends.iter().max()) else {
            return Ok(Vec::new());
        };
        let start = first + 1 - self.lookback;
        let range = start * view.n_features..(last + 1) * view.n_features;
        let scaled = scale_all(&self.scaler, &view.values[range], view.n_features);
        let ends: Vec<usize> = view.ends.iter().map(|end| end - start).collect();
        let windows = Windows::new(&scaled, view.n_features, self.lookback, &ends)?;
        Ok(self.network.predict(&windows)?)
    }

    pub(crate) fn load(
        architecture: &networks::Architecture,
        shape: NetworkShape,
        weights: &[u8],
        scaler: &[u8],
    ) -> Result<Self, LoadError> {
        let network = Network::from_safetensors(architecture, shape, weights)
            .map_err(|source| LoadError::Network { file: WEIGHTS_FILE.to_owned(), source })?;
        let scaler: StandardScaler = serde_json::from_slice(scaler)
            .ok()
            .filter(|scaler: &StandardScaler| scaler.is_valid() && scaler.n_features() == shape.n_features)
            .ok_or(LoadError::Scaler { file: SCALER_FILE.to_owned(), n_features: shape.n_features })?;
        Ok(Self { network, scaler, lookback: shape.length })
    }
}

fn scale_all(scaler: &StandardScaler, values: &[f64], n_features: usize) -> Vec<f32> {
    let mut scaled = Vec::with_capacity(values.len());
    for row in values.chunks_exact(n_features) {
        scaler.transform_row(row, &mut scaled);
    }
    scaled
}

/// Every n-th window.
struct Thinned {
    ends: Vec<usize>,
    classes: Vec<u8>,
}

impl Thinned {
    fn new(rows: LabelledRows<'_>, stride: usize) -> Self {
        Self {
            ends: rows.ends.iter().copied().step_by(stride).collect(),
            classes: rows.classes.iter().copied().step_by(stride).collect(),
        }
    }
}

/// Passes a network's progress on.
struct Hears<'a> {
    progress: &'a dyn FitProgress,
}

impl TrainingProgress for Hears<'_> {
    fn step(&mut self, done_steps: u64, total_steps: u64, loss: f64) {
        self.progress.step(done_steps, total_steps, &format!("steps, loss {loss:.3}"));
    }

    fn epoch(&mut self, report: &EpochReport) {
        self.progress.epoch(report);
    }

    fn is_cancelled(&self) -> bool {
        self.progress.is_cancelled()
    }
}
