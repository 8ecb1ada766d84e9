//! What a network is trained on, and how.

use market::Seed;
use serde::{Deserialize, Serialize};

use crate::config::{Architecture, TrainingConfig};
use crate::device::ComputeDevice;
use crate::error::NetworkError;
use crate::network::NetworkShape;
use crate::windows::{LabelledWindows, Windows};

/// Everything that a fitted network depends on.
#[derive(Debug, Clone, Copy)]
pub struct TrainingTask<'a> {
    /// Which network, and its sizes.
    pub architecture: &'a Architecture,
    /// How it is trained.
    pub training: &'a TrainingConfig,
    /// What it learns from.
    pub train: LabelledWindows<'a>,
    /// Later windows that say when to stop and which weights are the best; may be none.
    pub validation: LabelledWindows<'a>,
    /// An epoch learns from every n-th window, since neighbours share almost all of their rows; the next epoch from
    /// those beside them, until all have had their turn. Judged by every n-th validation window, always the same.
    pub window_stride: usize,
    /// Classes to tell apart.
    pub n_classes: usize,
    /// Where everything random comes from.
    pub seed: Seed,
    /// What computes the steps.
    pub device: ComputeDevice,
}

/// A task without its data: what a checkpoint must agree in with the task that goes on from it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TaskFacts {
    architecture: Architecture,
    training: TrainingConfig,
    shape: NetworkShape,
    train_windows: usize,
    validation_windows: usize,
    window_stride: usize,
    seed: Seed,
    device: ComputeDevice,
}

impl TrainingTask<'_> {
    pub(crate) fn shape(&self) -> NetworkShape {
        let windows = &self.train.windows;
        NetworkShape { n_features: windows.n_features, n_classes: self.n_classes, length: windows.length }
    }

    pub(crate) fn facts(&self) -> TaskFacts {
        TaskFacts {
            architecture: self.architecture.clone(),
            training: self.training.clone(),
            shape: self.shape(),
            train_windows: self.train.windows.len(),
            validation_windows: self.validation.windows.len(),
            window_stride: self.window_stride,
            seed: self.seed,
            device: self.device,
        }
    }

    /// Refuses sizes and classes that do not fit each other.
    pub(crate) fn check(&self) -> Result<(), NetworkError> {
        self.architecture.validate()?;
        self.training.validate()?;
        if self.window_stride == 0 {
            return Err(NetworkError::Config {
                field: "window_stride",
                reason: "must be at least 1",
                value: "0".to_owned(),
            });
        }
        check_classes(&self.train, self.n_classes)?;
        check_classes(&self.validation, self.n_classes)?;
        if self.train.windows.is_empty() {
            return Err(NetworkError::Classes(
                "there is no window to train on; lengthen the training period".to_owned(),
            ));
        }
        if self.validation.windows.is_empty() {
            return Ok(());
        }
        check_shape(self.shape(), &self.validation.windows)
    }
}

/// Refuses windows of other sizes than a network's.
pub(crate) fn check_shape(shape: NetworkShape, windows: &Windows<'_>) -> Result<(), NetworkError> {
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
