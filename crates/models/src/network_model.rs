//! A network and its scaler behind the common seam.

use classical::StandardScaler;
use market::Seed;
use networks::{
    EpochReport, LabelledWindows, Network, NetworkError, NetworkShape, TrainingHistory, TrainingProgress,
    TrainingTask, Windows,
};
use trees::Table;

use crate::error::{FitError, LoadError, PredictError};
use crate::rows::{FeatureView, TrainingSet};
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
    let [train, validation] = [data.train, data.validation].map(|rows| {
        let windows = Windows::new(&scaled, data.n_features, spec.lookback, rows.ends)?;
        LabelledWindows::new(windows, rows.classes)
    });
    let task = TrainingTask {
        architecture: &spec.architecture,
        training: &spec.training,
        train: train.map_err(named)?,
        validation: validation.map_err(named)?,
        window_stride: spec.window_stride,
        n_classes: data.n_classes,
        seed,
        device: spec.device,
    };
    let mut hears = Hears { progress };
    let fitted = match progress.earlier_checkpoint() {
        Some(checkpoint) => Network::resume(&task, &checkpoint, &mut hears),
        None => Network::fit(&task, &mut hears),
    };
    let (network, history) = fitted.map_err(named)?;
    Ok((NetworkModel { network, scaler, lookback: spec.lookback }, history))
}

impl NetworkModel {
    pub(crate) fn predict(&self, view: &FeatureView<'_>) -> Result<Vec<f64>, PredictError> {
        self.on_windows(view, |windows| self.network.predict(windows))
    }

    /// As [`crate::FittedModel::attention`].
    pub(crate) fn attention(&self, view: &FeatureView<'_>) -> Result<Option<Vec<f64>>, PredictError> {
        let attended = self.on_windows(view, |windows| {
            let mut means = Vec::new();
            for window in self.network.attention(windows)? {
                let by_row = window.by_row();
                means.resize(by_row.len(), 0.0);
                for (mean, value) in means.iter_mut().zip(by_row) {
                    *mean += value / windows.len() as f64;
                }
            }
            Ok(means)
        })?;
        Ok((!attended.is_empty()).then_some(attended))
    }

    /// Asks the network about the scaled windows of a view; nothing about none.
    fn on_windows(
        &self,
        view: &FeatureView<'_>,
        ask: impl FnOnce(&Windows<'_>) -> Result<Vec<f64>, NetworkError>,
    ) -> Result<Vec<f64>, PredictError> {
        let (Some(first), Some(last)) = (view.ends.iter().min(), view.ends.iter().max()) else {
            return Ok(Vec::new());
        };
        let start = first + 1 - self.lookback;
        let range = start * view.n_features..(last + 1) * view.n_features;
        let scaled = scale_all(&self.scaler, &view.values[range], view.n_features);
        let ends: Vec<usize> = view.ends.iter().map(|end| end - start).collect();
        Ok(ask(&Windows::new(&scaled, view.n_features, self.lookback, &ends)?)?)
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

    fn wants_checkpoint(&self) -> bool {
        self.progress.wants_checkpoint()
    }

    fn checkpoint(&mut self, bytes: &[u8]) {
        self.progress.checkpoint(bytes);
    }
}
