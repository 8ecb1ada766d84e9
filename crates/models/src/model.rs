//! What is inside a fitted model: one arm for each kind.

use classical::{LogisticRegression, NearestNeighbours};
use ensemble::{Calibration, CalibrationMethod, CalibrationTrial, PriorShare};
use market::Seed;
use trees::{GradientBoosting, RandomForest};

use crate::error::{FitError, PredictError};
use crate::fitted::FitNotes;
use crate::library_model::FittedLibrary;
use crate::network_model::NetworkModel;
use crate::rows::{FeatureView, LabelledRows, TrainingSet};
use crate::spec::{FitProgress, ModelKind, ModelSpec};
use crate::tirex_model::TirexModel;
use crate::{boosting_model, forest_model, library_model, network_model, tirex_model};

/// A model of one kind, uncorrected.
#[derive(Debug)]
pub(crate) enum Model {
    /// Random forest: ours, or a library's trees taken over.
    Forest(ModelKind, RandomForest),
    /// LSTM or Transformer, with its scaler.
    Network(Box<NetworkModel>),
    /// Gradient-boosted trees.
    Boosting(GradientBoosting),
    /// linfa's logistic regression.
    Logistic(LogisticRegression),
    /// smartcore's nearest neighbours.
    Neighbours(Box<NearestNeighbours>),
    /// A forecaster's head.
    Tirex(Box<TirexModel>),
}

impl Model {
    /// Fits a model on the training rows; the validation rows decide when a network or boosting stops.
    pub(crate) fn fit(
        spec: &ModelSpec,
        data: &TrainingSet<'_>,
        seed: Seed,
        progress: &dyn FitProgress,
    ) -> Result<(Self, FitNotes), FitError> {
        let mut notes = FitNotes::default();
        let model = match spec {
            ModelSpec::RandomForest(config) => {
                let forest = forest_model::fit(config, data, seed, progress)?;
                notes.out_of_bag_accuracy = forest.out_of_bag().map(|score| score.accuracy);
                Self::Forest(ModelKind::RandomForest, forest)
            }
            ModelSpec::Library(library) => match library_model::fit(library, data, seed)? {
                FittedLibrary::Forest(forest) => Self::Forest(spec.kind(), forest),
                FittedLibrary::Logistic(model) => Self::Logistic(model),
                FittedLibrary::Neighbours(model) => Self::Neighbours(model),
            },
            ModelSpec::Boosting(config) => {
                let (boosting, history) = boosting_model::fit(config, data, seed, progress)?;
                notes.rounds = Some(history.rounds);
                Self::Boosting(boosting)
            }
            ModelSpec::Network(network) => {
                let (model, history) = network_model::fit(spec.kind(), network, data, seed, progress)?;
                (notes.epochs, notes.stopped) = (history.epochs, Some(history.stopped));
                Self::Network(Box::new(model))
            }
            ModelSpec::Tirex(tirex) => {
                let (model, epochs, stopped) = tirex_model::fit(tirex, data, seed, progress)?;
                (notes.epochs, notes.stopped) = (epochs, Some(stopped));
                Self::Tirex(Box::new(model))
            }
        };
        Ok((model, notes))
    }

    pub(crate) fn lookback(&self) -> usize {
        match self {
            Self::Network(model) => model.lookback,
            Self::Tirex(model) => model.window,
            _ => 1,
        }
    }

    pub(crate) fn n_features(&self) -> usize {
        match self {
            Self::Forest(_, forest) => forest.n_columns(),
            Self::Boosting(boosting) => boosting.n_columns(),
            Self::Logistic(model) => model.n_columns(),
            Self::Neighbours(model) => model.n_columns(),
            Self::Network(model) => model.scaler.n_features(),
            Self::Tirex(model) => model.n_features,
        }
    }

    pub(crate) fn n_classes(&self) -> usize {
        match self {
            Self::Forest(_, forest) => forest.n_classes(),
            Self::Boosting(boosting) => boosting.n_classes(),
            Self::Logistic(model) => model.n_classes(),
            Self::Neighbours(model) => model.n_classes(),
            Self::Network(model) => model.network.shape().n_classes,
            Self::Tirex(model) => model.n_classes(),
        }
    }

    /// Uncorrected class probabilities of every asked-for row, `[n_ends · n_classes]`.
    pub(crate) fn predict(&self, view: &FeatureView<'_>) -> Result<Vec<f64>, PredictError> {
        match self {
            Self::Forest(_, forest) => forest_model::predict(forest, view),
            Self::Boosting(boosting) => boosting_model::predict(boosting, view),
            Self::Logistic(model) => Ok(library_model::predict_logistic(model, view)),
            Self::Neighbours(model) => library_model::predict_neighbours(model, view),
            Self::Network(model) => model.predict(view),
            Self::Tirex(model) => model.predict(view),
        }
    }

    /// The correction that the validation rows ask for, and how each method did where one is to be chosen.
    pub(crate) fn calibrate(
        &self,
        method: CalibrationMethod,
        data: &TrainingSet<'_>,
    ) -> Result<(Option<Calibration>, Vec<CalibrationTrial>), FitError> {
        let LabelledRows { ends, classes } = data.validation;
        if method == CalibrationMethod::None || ends.is_empty() {
            return Ok((None, Vec::new()));
        }
        let view = FeatureView { values: data.values, n_features: data.n_features, ends };
        Ok(Calibration::fit_judged(
            method,
            (&self.predict(&view)?, classes),
            data.n_classes,
            PriorShare::MODEL,
            0,
        ))
    }
}
