//! One fitted model, whatever it is inside.
//!
//! Comes in: rows of features with a class for some of them, or rows alone. Goes out: a model that turns a
//! window of rows into class probabilities, and its files. A model is a pure function of the last
//! `lookback` rows, so batch, stream and replay agree. Scalers are part of the model and are fitted on its
//! training rows only; so is the calibration of its probabilities, fitted on rows that were held back. Knows no bars, no labels and no splits.

mod boosting_model;
mod columns;
mod error;
mod explanation;
mod fitted;
mod forecaster_weights;
mod forest_model;
mod kept_vectors;
mod library_model;
mod model;
mod network_model;
mod rows;
mod spec;
mod tirex_model;

pub use error::{FitError, LoadError, PredictError};
pub use explanation::{Contributions, ExplainedUnit, Explainer};
pub use fitted::{FitNotes, FittedModel, ModelAnswer, ModelDescription};
pub use forecaster_weights::{ForecasterWeights, open_forecaster};
pub use kept_vectors::{KeptVectors, MakeVectors, WindowKey, vectors_of, window_key};
pub use library_model::LibrarySpec;
pub use rows::{FeatureView, LabelledRows, TrainingSet};
pub use spec::{FitProgress, ModelKind, ModelSpec, NetworkSpec, NoProgress};
pub use tirex_model::{TirexDescription, TirexSpec};

pub use networks::{EpochReport, StopReason};
pub use tirex::fine_tuning::Training as HeadTraining;
