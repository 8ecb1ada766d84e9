//! Fitting, predicting, saving and loading, for every kind of model.

use classical::{LogisticRegression, NearestNeighbours};
use market::{ClassProbabilities, Seed};
use networks::{Architecture, EpochReport, NetworkShape, StopReason};
use serde::{Deserialize, Serialize};
use trees::{BoostingConfig, GradientBoosting, RandomForest};

use crate::calibration::{Calibration, CalibrationMethod};
use crate::error::{FitError, LoadError, PredictError};
use crate::explanation::{ExplainedUnit, Explainer};
use crate::library_model::FittedLibrary;
use crate::network_model::NetworkModel;
use crate::rows::{FeatureView, LabelledRows, TrainingSet};
use crate::spec::{FitProgress, ModelKind, ModelSpec};
use crate::{boosting_model, forest_model, library_model, network_model};

/// Fewer training rows than this teach nothing.
const MINIMUM_ROWS: usize = 100;

/// A model that can answer: what was fitted, and what makes its probabilities mean what they say.
#[derive(Debug)]
pub struct FittedModel {
    model: Model,
    calibration: Option<Calibration>,
}

#[derive(Debug)]
enum Model {
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
    /// How its probabilities are corrected; null when they are not.
    pub calibration: Option<Calibration>,
}

/// What a fit has to say beside the model.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FitNotes {
    /// A network's epochs.
    pub epochs: Vec<EpochReport>,
    /// Why a network stopped.
    pub stopped: Option<StopReason>,
    /// A forest's accuracy on rows its trees did not see. Rows overlap in time, so it flatters.
    pub out_of_bag_accuracy: Option<f64>,
    /// Rounds of boosting that were kept.
    pub rounds: Option<usize>,
}

impl FittedModel {
    /// Fits a model. The validation rows decide when a network or boosting stops, and calibrate. What a model of trees
    /// says about them comes from one that did not learn from them; the one that is returned did, in as many rounds.
    ///
    /// # Errors
    /// [`FitError`] when there are fewer than 100 training rows, a value is not finite, the settings make no sense, or
    /// training diverged.
    pub fn fit(
        spec: &ModelSpec,
        data: &TrainingSet<'_>,
        calibration: CalibrationMethod,
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
        data.check_finite()?;
        if matches!(spec, ModelSpec::Network(_)) {
            let (model, notes) = Model::fit(spec, data, seed, progress)?;
            let calibration = model.calibrate(calibration, data)?;
            return Ok((Self { model, calibration }, notes));
        }
        let holds_back = !data.validation.ends.is_empty();
        let mut spec = spec.clone();
        let mut corrected = None;
        if holds_back && (calibration != CalibrationMethod::None || spec.needs_validation()) {
            let (earlier, notes) = Model::fit(&spec, data, seed, progress)?;
            corrected = earlier.calibrate(calibration, data)?;
            if let (ModelSpec::Boosting(config), Some(rounds)) = (&mut spec, notes.rounds) {
                *config = BoostingConfig { rounds, early_stopping: None, ..config.clone() };
            }
        }
        let (ends, classes) = data.all_rows();
        let train = LabelledRows { ends: &ends, classes: &classes };
        let everything = TrainingSet { train, ..data.without_validation() };
        let (model, notes) = Model::fit(&spec, &everything, seed, progress)?;
        Ok((Self { model, calibration: corrected }, notes))
    }

    /// Rows it looks at.
    pub fn lookback(&self) -> usize {
        self.model.lookback()
    }

    /// How much splits on each feature improved the fit to the training rows, summing to one: the decrease of impurity
    /// of a forest, the gain of boosting. None for models without splits.
    pub fn impurity_importance(&self) -> Option<&[f64]> {
        match &self.model {
            Model::Forest(ModelKind::RandomForest, forest) => Some(forest.impurity_importance()),
            Model::Boosting(boosting) => Some(boosting.gain_importance()),
            _ => None,
        }
    }

    /// Takes its answers apart, exactly; none for models without trees.
    pub fn explainer(&self) -> Option<Explainer<'_>> {
        match &self.model {
            Model::Forest(_, forest) => Some(Explainer {
                shap: forest.tree_shap(),
                unit: ExplainedUnit::Probability,
                n_classes: forest.n_classes(),
            }),
            Model::Boosting(boosting) => Some(Explainer {
                shap: boosting.tree_shap(),
                unit: ExplainedUnit::LogOdds,
                n_classes: boosting.n_classes(),
            }),
            _ => None,
        }
    }

    /// How much a network attends to each row of its window, `[layers · lookback]`, the mean over all asked-for rows; a
    /// layer sums to 1, and the last value is that of the newest row. None for other models.
    ///
    /// # Errors
    /// As [`FittedModel::predict_values`].
    pub fn attention(&self, view: &FeatureView<'_>) -> Result<Option<Vec<f64>>, PredictError> {
        let Model::Network(network) = &self.model else { return Ok(None) };
        self.check(view)?;
        network.attention(view)
    }

    /// Class probabilities of every asked-for row, `[n_ends · n_classes]`.
    ///
    /// # Errors
    /// [`PredictError`] when the rows have another width, a window starts before the first row, or a value
    /// is not finite.
    pub fn predict_values(&self, view: &FeatureView<'_>) -> Result<Vec<f64>, PredictError> {
        self.check(view)?;
        let mut values = self.model.predict(view)?;
        if let Some(calibration) = &self.calibration {
            let n_classes = values.len() / view.ends.len().max(1);
            values.chunks_exact_mut(n_classes.max(1)).for_each(|row| calibration.apply(row));
        }
        Ok(values)
    }

    /// Refuses rows that it can't answer for.
    fn check(&self, view: &FeatureView<'_>) -> Result<(), PredictError> {
        let expected = self.model.n_features();
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
        Ok(())
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
        let calibration = self.calibration.clone();
        let of_rows = |kind, n_features, n_classes| ModelDescription {
            kind,
            n_features,
            n_classes,
            lookback: 1,
            architecture: None,
            calibration: calibration.clone(),
        };
        let kind = match &self.model {
            Model::Network(model) => {
                let shape = model.network.shape();
                let architecture = model.network.architecture().clone();
                let kind = match architecture {
                    Architecture::LstmAttention(_) => ModelKind::Lstm,
                    Architecture::Transformer(_) => ModelKind::Transformer,
                };
                return ModelDescription {
                    lookback: shape.length,
                    architecture: Some(architecture),
                    ..of_rows(kind, shape.n_features, shape.n_classes)
                };
            }
            Model::Forest(kind, _) => *kind,
            Model::Boosting(_) => ModelKind::Boosting,
            Model::Logistic(_) => ModelKind::LinfaLogistic,
            Model::Neighbours(_) => ModelKind::SmartcoreKnn,
        };
        of_rows(kind, self.model.n_features(), self.model.n_classes())
    }

    /// Its files: weights as safetensors, the scaler as JSON.
    ///
    /// # Errors
    /// When the weights can't be read from the device.
    pub fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>, PredictError> {
        Ok(match &self.model {
            Model::Forest(_, forest) => vec![(forest_model::FILE, forest.to_safetensors())],
            Model::Boosting(boosting) => vec![(boosting_model::FILE, boosting.to_safetensors())],
            Model::Logistic(model) => vec![(library_model::LOGISTIC_FILE, model.to_json())],
            Model::Neighbours(model) => vec![(library_model::NEIGHBOURS_FILE, model.to_json())],
            Model::Network(model) => vec![
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
        let calibration = description.calibration.clone();
        if calibration.as_ref().is_some_and(|fitted| !fitted.is_valid(description.n_classes)) {
            return Err(LoadError::Calibration);
        }
        let model = match (&description.kind, &description.architecture) {
            (ModelKind::Lstm | ModelKind::Transformer, Some(architecture)) => {
                let shape = NetworkShape {
                    n_features: description.n_features,
                    n_classes: description.n_classes,
                    length: description.lookback,
                };
                let (weights, scaler) =
                    (bytes(network_model::WEIGHTS_FILE)?, bytes(network_model::SCALER_FILE)?);
                Model::Network(Box::new(NetworkModel::load(architecture, shape, weights, scaler)?))
            }
            (ModelKind::Lstm | ModelKind::Transformer, None) => {
                return Err(LoadError::Missing("architecture".to_owned()));
            }
            (kind @ (ModelKind::RandomForest | ModelKind::LinfaTree | ModelKind::SmartcoreForest), _) => {
                Model::Forest(*kind, forest_model::load(bytes(forest_model::FILE)?)?)
            }
            (ModelKind::LinfaLogistic, _) => {
                Model::Logistic(library_model::load_logistic(bytes(library_model::LOGISTIC_FILE)?)?)
            }
            (ModelKind::SmartcoreKnn, _) => {
                let model = library_model::load_neighbours(bytes(library_model::NEIGHBOURS_FILE)?)?;
                Model::Neighbours(Box::new(model))
            }
            (ModelKind::Boosting, _) => Model::Boosting(boosting_model::load(bytes(boosting_model::FILE)?)?),
        };
        let shape = |features: usize, classes: usize| format!("{features} × {classes}");
        let (found, expected) = (
            shape(model.n_features(), model.n_classes()),
            shape(description.n_features, description.n_classes),
        );
        if found != expected {
            return Err(LoadError::Shape { name: description.kind.name().to_owned(), expected, found });
        }
        Ok(Self { model, calibration })
    }
}

impl Model {
    /// Fits a model on the training rows; the validation rows decide when a network or boosting stops.
    fn fit(
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
        };
        Ok((model, notes))
    }

    fn lookback(&self) -> usize {
        match self {
            Self::Network(model) => model.lookback,
            _ => 1,
        }
    }

    fn n_features(&self) -> usize {
        match self {
            Self::Forest(_, forest) => forest.n_columns(),
            Self::Boosting(boosting) => boosting.n_columns(),
            Self::Logistic(model) => model.n_columns(),
            Self::Neighbours(model) => model.n_columns(),
            Self::Network(model) => model.scaler.n_features(),
        }
    }

    fn n_classes(&self) -> usize {
        match self {
            Self::Forest(_, forest) => forest.n_classes(),
            Self::Boosting(boosting) => boosting.n_classes(),
            Self::Logistic(model) => model.n_classes(),
            Self::Neighbours(model) => model.n_classes(),
            Self::Network(model) => model.network.shape().n_classes,
        }
    }

    /// Uncorrected class probabilities of every asked-for row, `[n_ends · n_classes]`.
    fn predict(&self, view: &FeatureView<'_>) -> Result<Vec<f64>, PredictError> {
        match self {
            Self::Forest(_, forest) => forest_model::predict(forest, view),
            Self::Boosting(boosting) => boosting_model::predict(boosting, view),
            Self::Logistic(model) => Ok(library_model::predict_logistic(model, view)),
            Self::Neighbours(model) => library_model::predict_neighbours(model, view),
            Self::Network(model) => model.predict(view),
        }
    }

    /// The correction that the validation rows ask for.
    fn calibrate(
        &self,
        method: CalibrationMethod,
        data: &TrainingSet<'_>,
    ) -> Result<Option<Calibration>, FitError> {
        let LabelledRows { ends, classes } = data.validation;
        if method == CalibrationMethod::None || ends.is_empty() {
            return Ok(None);
        }
        let view = FeatureView { values: data.values, n_features: data.n_features, ends };
        Ok(Calibration::fit(method, &self.predict(&view)?, classes, data.n_classes))
    }
}

fn scaler_json(model: &NetworkModel) -> Vec<u8> {
    serde_json::to_vec_pretty(&model.scaler).expect("finite numbers are JSON")
}
