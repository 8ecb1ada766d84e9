//! A fitted network.

use burn::tensor::Device;
use market::Seed;
use serde::{Deserialize, Serialize};

use crate::classifier::Classifier as _;
use crate::config::{Architecture, TrainingConfig};
use crate::error::NetworkError;
use crate::history::{TrainingHistory, TrainingProgress};
use crate::inference::{Memories, Plan, probabilities};
use crate::initialise::Initialiser;
use crate::lstm_attention::LstmAttention;
use crate::training::Run;
use crate::transformer::Transformer;
use crate::weights;
use crate::windows::{LabelledWindows, Windows};

/// Sizes a network takes from its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkShape {
    /// Features in a row.
    pub n_features: usize,
    /// Classes to tell apart.
    pub n_classes: usize,
    /// Rows in a window.
    pub length: usize,
}

/// A fitted network: windows in, class probabilities out.
#[derive(Debug)]
pub struct Network {
    architecture: Architecture,
    shape: NetworkShape,
    model: Model,
    plan: Box<dyn Plan>,
    memories: Memories,
}

#[derive(Debug)]
enum Model {
    LstmAttention(Box<LstmAttention>),
    Transformer(Box<Transformer>),
}

impl Model {
    fn new(architecture: &Architecture, shape: NetworkShape, weights: &mut Initialiser<'_>) -> Self {
        match architecture {
            Architecture::LstmAttention(config) => {
                Self::LstmAttention(Box::new(LstmAttention::new(config, shape, weights)))
            }
            Architecture::Transformer(config) => {
                Self::Transformer(Box::new(Transformer::new(config, shape, weights)))
            }
        }
    }
}

impl Network {
    /// Trains a network; for equal arguments the result is equal to the bit, whatever the number of
    /// threads.
    ///
    /// The weights are those of the epoch with the lowest validation log-loss, or of the last epoch when
    /// `validation` has no windows.
    ///
    /// # Errors
    ///
    /// When the configuration makes no sense, there is nothing to train on, classes or windows do not
    /// fit each other, the loss diverges, or training is cancelled before its first step.
    pub fn fit(
        architecture: &Architecture,
        training: &TrainingConfig,
        train: &LabelledWindows<'_>,
        validation: &LabelledWindows<'_>,
        n_classes: usize,
        seed: Seed,
        progress: &mut dyn TrainingProgress,
    ) -> Result<(Self, TrainingHistory), NetworkError> {
        architecture.validate()?;
        training.validate()?;
        let shape =
            NetworkShape { n_features: train.windows.n_features, n_classes, length: train.windows.length };
        check_classes(train, n_classes)?;
        check_classes(validation, n_classes)?;
        if train.windows.is_empty() {
            return Err(NetworkError::Classes(
                "there is no window to train on; lengthen the training period".to_owned(),
            ));
        }
        if !validation.windows.is_empty() {
            check_shape(shape, &validation.windows)?;
        }
        let device = Device::flex().autodiff();
        let start = Model::new(architecture, shape, &mut Initialiser::new(Some(seed), &device));
        let run = Run { config: training, train, validation, n_classes, seed };
        let (model, history) = match start {
            Model::LstmAttention(network) => {
                let (network, history) = run.fit(*network, progress)?;
                (Model::LstmAttention(Box::new(network)), history)
            }
            Model::Transformer(network) => {
                let (network, history) = run.fit(*network, progress)?;
                (Model::Transformer(Box::new(network)), history)
            }
        };
        Ok((Self::ready(architecture, shape, model), history))
    }

    /// Class probabilities, row-major `[n_windows * n_classes]`, each row summing to 1.
    ///
    /// The probabilities of a window are the same to the bit whatever windows are asked with it.
    ///
    /// # Errors
    ///
    /// When the windows have another length or number of features than those the network was fitted on.
    pub fn predict(&self, windows: &Windows<'_>) -> Result<Vec<f64>, NetworkError> {
        let mut out = vec![0.0; windows.len() * self.shape.n_classes];
        self.predict_into(windows, &mut out)?;
        Ok(out)
    }

    /// The same into memory of the caller, of `n_windows * n_classes`; after a first call of a size nothing is
    /// allocated.
    ///
    /// # Errors
    ///
    /// As [`Network::predict`].
    ///
    /// # Panics
    ///
    /// When `out` has another size.
    pub fn predict_into(&self, windows: &Windows<'_>, out: &mut [f64]) -> Result<(), NetworkError> {
        check_shape(self.shape, windows)?;
        assert_eq!(out.len(), windows.len() * self.shape.n_classes, "there is a place for every probability");
        probabilities(&*self.plan, &self.memories, windows, self.shape.n_classes, out);
        Ok(())
    }

    /// The weights as a safetensors file: tensors only, `f32` little endian, equal bytes for equal
    /// weights.
    ///
    /// # Errors
    ///
    /// When the file format cannot hold the weights.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, NetworkError> {
        match &self.model {
            Model::LstmAttention(network) => weights::save(&**network),
            Model::Transformer(network) => weights::save(&**network),
        }
    }

    /// A network from its configuration and the file made by [`Network::to_safetensors`].
    ///
    /// # Errors
    ///
    /// When the configuration makes no sense, the bytes are no safetensors file, or a tensor is missing,
    /// of the wrong type or shape, not finite, or not part of the network: the error names it.
    pub fn from_safetensors(
        architecture: &Architecture,
        shape: NetworkShape,
        bytes: &[u8],
    ) -> Result<Self, NetworkError> {
        architecture.validate()?;
        check_sizes(shape)?;
        let device = Device::flex();
        let empty = Model::new(architecture, shape, &mut Initialiser::new(None, &device));
        let model = match empty {
            Model::LstmAttention(network) => Model::LstmAttention(Box::new(weights::load(*network, bytes)?)),
            Model::Transformer(network) => Model::Transformer(Box::new(weights::load(*network, bytes)?)),
        };
        Ok(Self::ready(architecture, shape, model))
    }

    fn ready(architecture: &Architecture, shape: NetworkShape, model: Model) -> Self {
        let plan = match &model {
            Model::LstmAttention(network) => network.plan(shape.length),
            Model::Transformer(network) => network.plan(shape.length),
        };
        Self { architecture: architecture.clone(), shape, model, plan, memories: Memories::default() }
    }

    /// Kind and sizes of the network.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Sizes the network took from its data.
    pub fn shape(&self) -> NetworkShape {
        self.shape
    }
}

fn check_sizes(shape: NetworkShape) -> Result<(), NetworkError> {
    for (field, value) in
        [("n_features", shape.n_features), ("n_classes", shape.n_classes), ("length", shape.length)]
    {
        if value == 0 {
            return Err(NetworkError::Config {
                field,
                reason: "must be at least 1",
                value: value.to_string(),
            });
        }
    }
    Ok(())
}

fn check_shape(shape: NetworkShape, windows: &Windows<'_>) -> Result<(), NetworkError> {
    for (what, expected, found) in
        [("feature count", shape.n_features, windows.n_features), ("length", shape.length, windows.length)]
    {
        if expected != found {
            return Err(NetworkError::WrongShape { what, expected, found });
        }
    }
    Ok(())
}

fn check_classes(labelled: &LabelledWindows<'_>, n_classes: usize) -> Result<(), NetworkError> {
    if !(2..=256).contains(&n_classes) {
        return Err(NetworkError::Classes(format!(
            "a network tells 2 to 256 classes apart; {n_classes} were asked for"
        )));
    }
    match labelled.classes.iter().position(|&class| usize::from(class) >= n_classes) {
        None => Ok(()),
        Some(at) => Err(NetworkError::Classes(format!(
            "window {at} has class {}, but there are {n_classes} classes, numbered from 0",
            labelled.classes[at]
        ))),
    }
}
