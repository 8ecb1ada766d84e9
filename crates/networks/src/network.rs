//! A fitted network.

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::attention_weights::AttentionWeights;
use crate::checkpoint;
use crate::classifier::Classifier;
use crate::config::Architecture;
use crate::device::ComputeDevice;
use crate::error::NetworkError;
use crate::history::{TrainingHistory, TrainingProgress};
use crate::inference::{Memories, Plan, attention_weights, probabilities};
use crate::initialise::Initialiser;
use crate::lstm_attention::LstmAttention;
use crate::task::{TrainingTask, check_shape};
use crate::training::{Run, probabilities_on};
use crate::transformer::Transformer;
use crate::weights;
use crate::windows::Windows;

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

    fn to_safetensors(&self) -> Result<Vec<u8>, NetworkError> {
        match self {
            Self::LstmAttention(network) => weights::save(&**network),
            Self::Transformer(network) => weights::save(&**network),
        }
    }

    fn from_safetensors(
        architecture: &Architecture,
        shape: NetworkShape,
        bytes: &[u8],
        device: &Device,
    ) -> Result<Self, NetworkError> {
        Ok(match Self::new(architecture, shape, &mut Initialiser::new(None, device)) {
            Self::LstmAttention(network) => Self::LstmAttention(Box::new(weights::load(*network, bytes)?)),
            Self::Transformer(network) => Self::Transformer(Box::new(weights::load(*network, bytes)?)),
        })
    }

    fn to_device(
        &self,
        architecture: &Architecture,
        shape: NetworkShape,
        device: &Device,
    ) -> Result<Self, NetworkError> {
        Self::from_safetensors(architecture, shape, &self.to_safetensors()?, device)
    }
}

impl Network {
    /// Trains a network; for equal tasks on the CPU the result is equal to the bit, whatever the number of
    /// threads.
    ///
    /// The weights are those of the epoch with the lowest validation log-loss, or of the last epoch when
    /// there are no validation windows.
    ///
    /// # Errors
    ///
    /// When the configuration makes no sense, there is nothing to train on, classes or windows do not
    /// fit each other, the program was built without the device, the loss diverges, or training is cancelled before
    /// its first step.
    pub fn fit(
        task: &TrainingTask<'_>,
        progress: &mut dyn TrainingProgress,
    ) -> Result<(Self, TrainingHistory), NetworkError> {
        Self::train(task, None, progress)
    }

    /// Goes on from a checkpoint that [`TrainingProgress::checkpoint`] was given by a fit of the same task on the same
    /// data; the result is equal to the bit to that of a fit without interruption.
    ///
    /// # Errors
    ///
    /// As [`Network::fit`], and when the bytes are no checkpoint or one of another task.
    pub fn resume(
        task: &TrainingTask<'_>,
        checkpoint: &[u8],
        progress: &mut dyn TrainingProgress,
    ) -> Result<(Self, TrainingHistory), NetworkError> {
        Self::train(task, Some(checkpoint), progress)
    }

    fn train(
        task: &TrainingTask<'_>,
        checkpoint: Option<&[u8]>,
        progress: &mut dyn TrainingProgress,
    ) -> Result<(Self, TrainingHistory), NetworkError> {
        task.check()?;
        let device = task.device.open()?;
        let autodiff = device.clone().autodiff();
        let mut weights = Initialiser::new(Some(task.seed), &autodiff);
        let start = Model::new(task.architecture, task.shape(), &mut weights);
        let run = Run::new(task, device);
        let (model, history) = match start {
            Model::LstmAttention(network) => {
                let (network, history) = run_from(&run, *network, checkpoint, task, progress)?;
                (Model::LstmAttention(Box::new(network)), history)
            }
            Model::Transformer(network) => {
                let (network, history) = run_from(&run, *network, checkpoint, task, progress)?;
                (Model::Transformer(Box::new(network)), history)
            }
        };
        let model = if task.device == ComputeDevice::Cpu {
            model
        } else {
            model.to_device(task.architecture, task.shape(), &Device::flex())?
        };
        Ok((Self::ready(task.architecture, task.shape(), model), history))
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
        self.model.to_safetensors()
    }

    /// What the network looks at in each window.
    ///
    /// # Errors
    ///
    /// As [`Network::predict`].
    pub fn attention(&self, windows: &Windows<'_>) -> Result<Vec<AttentionWeights>, NetworkError> {
        check_shape(self.shape, windows)?;
        let (heads, length) = (self.plan.heads(), self.shape.length);
        let of_window = |window| {
            let rows = windows.rows(window);
            let values = attention_weights(&*self.plan, &self.memories, rows, self.shape.n_classes);
            AttentionWeights { layers: values.len() / (heads * length * length), heads, length, values }
        };
        Ok((0..windows.len()).map(of_window).collect())
    }

    /// As [`Network::predict`], by the graph of tensors on another device; agrees to rounding. To check a device: on
    /// the CPU [`Network::predict`] is several times as fast.
    ///
    /// # Errors
    ///
    /// As [`Network::predict`], and when the program was built without the device.
    pub fn predict_on(&self, device: ComputeDevice, windows: &Windows<'_>) -> Result<Vec<f64>, NetworkError> {
        check_shape(self.shape, windows)?;
        let device = device.open()?;
        let mut out = vec![0.0; windows.len() * self.shape.n_classes];
        match &self.model.to_device(&self.architecture, self.shape, &device)? {
            Model::LstmAttention(network) => {
                probabilities_on(&device, &**network, windows, self.shape.n_classes, &mut out);
            }
            Model::Transformer(network) => {
                probabilities_on(&device, &**network, windows, self.shape.n_classes, &mut out);
            }
        }
        Ok(out)
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
        let model = Model::from_safetensors(architecture, shape, bytes, &Device::flex())?;
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

/// Trains from the start or from a checkpoint.
fn run_from<C: Classifier + Sync>(
    run: &Run<'_>,
    network: C,
    checkpoint: Option<&[u8]>,
    task: &TrainingTask<'_>,
    progress: &mut dyn TrainingProgress,
) -> Result<(C, TrainingHistory), NetworkError> {
    let start = run.start(network);
    let state = match checkpoint {
        Some(bytes) => checkpoint::load(bytes, start, task)?,
        None => start,
    };
    run.fit(state, progress)
}
