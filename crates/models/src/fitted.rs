//! Fitting, predicting, saving and loading, for every kind of model.

use market::{ClassProbabilities, Seed};
use networks::{Architecture, EpochReport, NetworkShape, StopReason};
use serde::{Deserialize, Serialize};
use trees::RandomForest;

use crate::error::{FitError, LoadError, PredictError};
use crate::network_model::NetworkModel;
use crate::rows::{FeatureView, TrainingSet};
use crate::spec::{FitProgress, ModelKind, ModelSpec};
use crate::{forest_model, network_model};

/// Fewer training rows than this teach nothing.
const MINIMUM_ROWS: usize = 100;

/// A model that can answer.
#[derive(Debug)]
pub enum FittedModel {
    /// Random forest.
    Forest(RandomForest),
    /// LSTM or Transformer, with its scaler.
    Network(Box<NetworkModel>),
}

/// What is needed to read a model's files: part of the bundle's manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelDescription {
    /// Which model.
    pub kind: ModelKind,
    /// F.
    pub n_features: usize,
    /// K.
    pub n_classes: usize,
    /// Rows it looks at.
    pub lookback: usize,
    /// Sizes of a network.
    pub architecture: Option<Architecture>,
}

/// What a fit has to say beside the model.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FitNotes {
    /// A network's epochs.
    pub epochs: Vec<EpochReport>,
    /// Why a network stopped.
    pub stopped: Option<StopReason>,
    /// A forest's accuracy on rows its trees did not see. Rows overlap in time, so it flatters.
    pub out_of_bag_accuracy: Option<f64>,
}

impl FittedModel {
    /// Fits a model on the training rows only (a network also watches the validation rows).
    ///
    /// # Errors
    /// [`FitError`] when there are fewer than 100 training rows, the settings make no sense, or training
    /// diverged.
    pub fn fit(
        spec: &ModelSpec,
        data: &TrainingSet<'_>,
        seed: Seed,
        progress: &dyn FitProgress,
    ) -> Result<(Self, FitNotes), FitError> {
        let rows = data.train.ends.len();
        if rows < MINIMUM_ROWS {
            return Err(FitError::TooFewRows {
                name: spec.kind().name().to_owned(),
                rows,
                needed: MINIMUM_ROWS,
            });
        }
        match spec {
            ModelSpec::RandomForest(config) => {
                let forest = forest_model::fit(config, data, seed, progress)?;
                let out_of_bag_accuracy = forest.out_of_bag().map(|score| score.accuracy);
                Ok((Self::Forest(forest), FitNotes { out_of_bag_accuracy, ..FitNotes::default() }))
            }
            ModelSpec::Network(network) => {
                let (model, history) = network_model::fit(spec.kind(), network, data, seed, progress)?;
                let stopped = Some(history.stopped);
                Ok((
                    Self::Network(Box::new(model)),
                    FitNotes { epochs: history.epochs, stopped, ..FitNotes::default() },
                ))
            }
        }
    }

    /// Rows it looks at.
    pub fn lookback(&self) -> usize {
        match self {
            Self::Forest(_) => 1,
            Self::Network(model) => model.lookback,
        }
    }

    /// Impurity importance of each feature, for models that have one.
    pub fn impurity_importance(&self) -> Option<&[f64]> {
        match self {
            Self::Forest(forest) => Some(forest.impurity_importance()),
            Self::Network(_) => None,
        }
    }

    /// Class probabilities of every asked-for row, `[n_ends · n_classes]`.
    ///
    /// # Errors
    /// [`PredictError`] when the rows have another width, a window starts before the first row, or a value
    /// is not finite.
    pub fn predict_values(&self, view: &FeatureView<'_>) -> Result<Vec<f64>, PredictError> {
        let expected = match self {
            Self::Forest(forest) => forest.n_columns(),
            Self::Network(model) => model.scaler.n_features(),
        };
        if view.n_features != expected {
            return Err(PredictError::FeatureCount { expected, found: view.n_features });
        }
        let lookback = self.lookback();
        for &end in view.ends {
            if end + 1 < lookback {
                return Err(PredictError::Lookback { end, lookback });
            }
            for row in end + 1 - lookback..=end {
                if let Some((column, &value)) = view.row(row).iter().enumerate().find(|(_, v)| !v.is_finite())
                {
                    return Err(PredictError::NotFinite { row, column, value });
                }
            }
        }
        match self {
            Self::Forest(forest) => forest_model::predict(forest, view),
            Self::Network(model) => model.predict(view),
        }
    }

    /// Class probabilities of every asked-for row.
    ///
    /// # Errors
    /// As [`FittedModel::predict_values`].
    ///
    /// # Panics
    /// Never: a fitted model answers with probabilities.
    pub fn predict(&self, view: &FeatureView<'_>) -> Result<Vec<ClassProbabilities>, PredictError> {
        let values = self.predict_values(view)?;
        let k = values.len() / view.ends.len().max(1);
        let rows = values.chunks_exact(k.max(1));
        Ok(rows
            .map(|row| {
                ClassProbabilities::new(row.to_vec()).expect("a fitted model answers with probabilities")
            })
            .collect())
    }

    /// What the manifest has to say about it.
    pub fn describe(&self) -> ModelDescription {
        match self {
            Self::Forest(forest) => ModelDescription {
                kind: ModelKind::RandomForest,
                n_features: forest.n_columns(),
                n_classes: forest.n_classes(),
                lookback: 1,
                architecture: None,
            },
            Self::Network(model) => {
                let shape = model.network.shape();
                let architecture = model.network.architecture().clone();
                let kind = match architecture {
                    Architecture::LstmAttention(_) => ModelKind::Lstm,
                    Architecture::Transformer(_) => ModelKind::Transformer,
                };
                ModelDescription {
                    kind,
                    n_features: shape.n_features,
                    n_classes: shape.n_classes,
                    lookback: shape.length,
                    architecture: Some(architecture),
                }
            }
        }
    }

    /// Its files: weights as safetensors, the scaler as JSON.
    ///
    /// # Errors
    /// When the weights can't be read from the device.
    pub fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>, PredictError> {
        Ok(match self {
            Self::Forest(forest) => vec![(forest_model::FILE, forest.to_safetensors())],
            Self::Network(model) => vec![
                (network_model::WEIGHTS_FILE, model.network.to_safetensors()?),
                (network_model::SCALER_FILE, scaler_json(model)),
            ],
        })
    }

    /// Reads a model back; `file` gives the bytes of a file by name.
    ///
    /// # Errors
    /// [`LoadError`] names the file that is missing, damaged or of another shape.
    pub fn load<'b>(
        description: &ModelDescription,
        file: impl Fn(&str) -> Option<&'b [u8]>,
    ) -> Result<Self, LoadError> {
        let bytes = |name: &str| file(name).ok_or_else(|| LoadError::Missing(name.to_owned()));
        match (&description.kind, &description.architecture) {
            (ModelKind::Lstm | ModelKind::Transformer, Some(architecture)) => {
                let shape = NetworkShape {
                    n_features: description.n_features,
                    n_classes: description.n_classes,
                    length: description.lookback,
                };
                let (weights, scaler) =
                    (bytes(network_model::WEIGHTS_FILE)?, bytes(network_model::SCALER_FILE)?);
                Ok(Self::Network(Box::new(NetworkModel::load(architecture, shape, weights, scaler)?)))
            }
            (ModelKind::Lstm | ModelKind::Transformer, None) => {
                Err(LoadError::Missing("architecture".to_owned()))
            }
            (ModelKind::RandomForest, _) => {
                let forest = forest_model::load(bytes(forest_model::FILE)?)?;
                let shape = |features: usize, classes: usize| format!("{features} × {classes}");
                let (found, expected) = (
                    shape(forest.n_columns(), forest.n_classes()),
                    shape(description.n_features, description.n_classes),
                );
                if found != expected {
                    return Err(LoadError::Shape { name: "random_forest".to_owned(), expected, found });
                }
                Ok(Self::Forest(forest))
            }
        }
    }
}

fn scaler_json(model: &NetworkModel) -> Vec<u8> {
    serde_json::to_vec_pretty(&model.scaler).expect("finite numbers are JSON")
}
