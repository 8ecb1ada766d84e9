//! Fitting, predicting, saving and loading, for every kind of model.

use ensemble::{Calibration, CalibrationMethod, CalibrationTrial};
use market::{ClassProbabilities, Seed};
use networks::{Architecture, EpochReport, NetworkShape, StopReason};
use serde::{Deserialize, Serialize};
use trees::BoostingConfig;

use crate::columns::{Columns, Selected};
use crate::error::{FitError, LoadError, PredictError};
use crate::explanation::{ExplainedUnit, Explainer};
use crate::forecaster_weights::ForecasterWeights;
use crate::model::Model;
use crate::network_model::NetworkModel;
use crate::rows::{FeatureView, LabelledRows, TrainingSet};
use crate::spec::{FitProgress, ModelKind, ModelSpec};
use crate::tirex_model::{TirexDescription, TirexModel};
use crate::{boosting_model, forest_model, library_model, network_model, tirex_model};

/// No model looks at more rows.
const LONGEST_LOOKBACK: usize = 1 << 16;
/// Fewer training rows than this teach nothing.
const MINIMUM_ROWS: usize = 100;

/// A model that can answer: what was fitted, and what makes its probabilities mean what they say.
#[derive(Debug)]
pub struct FittedModel {
    model: Model,
    calibration: Option<Calibration>,
    /// The columns that it sees, where it does not see all.
    columns: Option<Columns>,
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
    /// Places of the columns that it sees among the features; all of them without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<usize>>,
    /// Sizes of a network.
    pub architecture: Option<Architecture>,
    /// The forecaster that a head belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tirex: Option<TirexDescription>,
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
    /// How each correction of its probabilities did, where one was to be chosen.
    #[serde(default)]
    pub calibration_trials: Vec<CalibrationTrial>,
}

/// What a model says of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelAnswer {
    /// As the model itself has it.
    pub uncalibrated: ClassProbabilities,
    /// Corrected.
    pub probabilities: ClassProbabilities,
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
        if let Some(places) = data.columns {
            let columns = Columns { places: places.to_vec(), n_features: data.n_features };
            let values = columns.of(data.values);
            let own = TrainingSet { values: &values, n_features: places.len(), columns: None, ..*data };
            let (fitted, notes) = Self::fit(spec, &own, calibration, seed, progress)?;
            return Ok((Self { columns: Some(columns), ..fitted }, notes));
        }
        let rows = data.train.ends.len();
        if rows < MINIMUM_ROWS {
            return Err(FitError::TooFewRows {
                name: spec.kind().name().to_owned(),
                rows,
                needed: MINIMUM_ROWS,
            });
        }
        data.check_finite()?;
        if matches!(spec, ModelSpec::Network(_) | ModelSpec::Tirex(_)) {
            let (model, mut notes) = Model::fit(spec, data, seed, progress)?;
            let (calibration, trials) = model.calibrate(calibration, data)?;
            notes.calibration_trials = trials;
            return Ok((Self { model, calibration, columns: None }, notes));
        }
        let holds_back = !data.validation.ends.is_empty();
        let mut spec = spec.clone();
        let (mut corrected, mut trials) = (None, Vec::new());
        if holds_back && (calibration != CalibrationMethod::None || spec.needs_validation()) {
            let (earlier, notes) = Model::fit(&spec, data, seed, progress)?;
            (corrected, trials) = earlier.calibrate(calibration, data)?;
            if let (ModelSpec::Boosting(config), Some(rounds)) = (&mut spec, notes.rounds) {
                *config = BoostingConfig { rounds, early_stopping: None, ..config.clone() };
            }
        }
        let (ends, classes) = data.all_rows();
        let train = LabelledRows { ends: &ends, classes: &classes };
        let everything = TrainingSet { train, ..data.without_validation() };
        let (model, mut notes) = Model::fit(&spec, &everything, seed, progress)?;
        notes.calibration_trials = trials;
        Ok((Self { model, calibration: corrected, columns: None }, notes))
    }

    /// Rows it looks at.
    pub fn lookback(&self) -> usize {
        self.model.lookback()
    }

    /// How much splits on each feature improved the fit to the training rows, summing to one: the decrease of impurity
    /// of a forest, the gain of boosting. None for models without splits.
    pub fn impurity_importance(&self) -> Option<Vec<f64>> {
        let own = match &self.model {
            Model::Forest(ModelKind::RandomForest, forest) => forest.impurity_importance(),
            Model::Boosting(boosting) => boosting.gain_importance(),
            _ => return None,
        };
        Some(self.columns.as_ref().map_or_else(|| own.to_vec(), |columns| columns.among_all(own, 1)))
    }

    /// Places of the columns that it sees among the features; none when it sees all.
    pub fn columns(&self) -> Option<&[usize]> {
        self.columns.as_ref().map(|columns| &columns.places[..])
    }

    /// Takes its answers apart, exactly; none for models without trees.
    pub fn explainer(&self) -> Option<Explainer<'_>> {
        match &self.model {
            Model::Forest(_, forest) => Some(Explainer {
                shap: forest.tree_shap(),
                unit: ExplainedUnit::Probability,
                n_classes: forest.n_classes(),
                columns: self.columns.as_ref(),
            }),
            Model::Boosting(boosting) => Some(Explainer {
                shap: boosting.tree_shap(),
                unit: ExplainedUnit::LogOdds,
                n_classes: boosting.n_classes(),
                columns: self.columns.as_ref(),
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
        let selected = self.selected(view);
        network.attention(&selected.as_ref().map_or(*view, Selected::view))
    }

    /// Class probabilities of every asked-for row, `[n_ends · n_classes]`.
    ///
    /// # Errors
    /// [`PredictError`] when the rows have another width, a window starts before the first row, or a value
    /// is not finite.
    pub fn predict_values(&self, view: &FeatureView<'_>) -> Result<Vec<f64>, PredictError> {
        let mut values = self.uncalibrated(view)?;
        if let Some(calibration) = &self.calibration {
            values.chunks_exact_mut(self.model.n_classes()).for_each(|row| calibration.apply(row));
        }
        Ok(values)
    }

    /// What the model itself says of every asked-for row, `[n_ends · n_classes]`.
    fn uncalibrated(&self, view: &FeatureView<'_>) -> Result<Vec<f64>, PredictError> {
        self.check(view)?;
        let selected = self.selected(view);
        self.model.predict(&selected.as_ref().map_or(*view, Selected::view))
    }

    /// What it sees of a view, where that is not all.
    fn selected(&self, view: &FeatureView<'_>) -> Option<Selected> {
        self.columns.as_ref().map(|columns| columns.of_view(view, self.lookback()))
    }

    /// Features of the rows that it is asked about.
    fn n_features(&self) -> usize {
        self.columns.as_ref().map_or(self.model.n_features(), |columns| columns.n_features)
    }

    /// Refuses rows that it can't answer for.
    fn check(&self, view: &FeatureView<'_>) -> Result<(), PredictError> {
        let expected = self.n_features();
        if view.n_features != expected {
            return Err(PredictError::FeatureCount { expected, found: view.n_features });
        }
        let lookback = self.lookback();
        let sees = |column: &usize| self.columns().is_none_or(|places| places.contains(column));
        for &end in view.ends {
            if end + 1 < lookback {
                return Err(PredictError::Lookback { end, lookback });
            }
            for row in end + 1 - lookback..=end {
                let mut values = view.row(row).iter().enumerate();
                if let Some((column, &value)) = values.find(|(column, v)| !v.is_finite() && sees(column)) {
                    return Err(PredictError::NotFinite { row, column, value });
                }
            }
        }
        Ok(())
    }

    /// Class probabilities of every asked-for row.
    ///
    /// # Errors
    /// As [`FittedModel::answer`].
    pub fn predict(&self, view: &FeatureView<'_>) -> Result<Vec<ClassProbabilities>, PredictError> {
        Ok(self.answer(view)?.into_iter().map(|answer| answer.probabilities).collect())
    }

    /// What it says of every asked-for row, corrected and not.
    ///
    /// # Errors
    /// As [`FittedModel::predict_values`], and when a damaged model answers with what are no probabilities.
    pub fn answer(&self, view: &FeatureView<'_>) -> Result<Vec<ModelAnswer>, PredictError> {
        let values = self.uncalibrated(view)?;
        let answer = |row: &[f64]| {
            let uncalibrated = ClassProbabilities::new(row.to_vec())?;
            let probabilities = match &self.calibration {
                None => uncalibrated.clone(),
                Some(calibration) => {
                    let mut corrected = row.to_vec();
                    calibration.apply(&mut corrected);
                    ClassProbabilities::new(corrected)?
                }
            };
            Ok(ModelAnswer { uncalibrated, probabilities })
        };
        values.chunks_exact(self.model.n_classes()).map(answer).collect()
    }

    /// What the manifest has to say about it.
    pub fn describe(&self) -> ModelDescription {
        let calibration = self.calibration.clone();
        let of_rows = |kind, n_features, n_classes| ModelDescription {
            kind,
            n_features,
            n_classes,
            lookback: 1,
            columns: self.columns().map(<[usize]>::to_vec),
            architecture: None,
            tirex: None,
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
                    ..of_rows(kind, self.n_features(), shape.n_classes)
                };
            }
            Model::Tirex(model) => {
                return ModelDescription {
                    lookback: model.window,
                    tirex: Some(model.describe()),
                    ..of_rows(ModelKind::Tirex, self.n_features(), model.n_classes())
                };
            }
            Model::Forest(kind, _) => *kind,
            Model::Boosting(_) => ModelKind::Boosting,
            Model::Logistic(_) => ModelKind::LinfaLogistic,
            Model::Neighbours(_) => ModelKind::SmartcoreKnn,
        };
        of_rows(kind, self.n_features(), self.model.n_classes())
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
            Model::Tirex(model) => model.files()?,
            Model::Network(model) => vec![
                (network_model::WEIGHTS_FILE, model.network.to_safetensors()?),
                (network_model::SCALER_FILE, scaler_json(model)),
            ],
        })
    }

    /// Reads a model back; `file` gives the bytes of a file by name, `weights` those of a forecaster by their hash.
    ///
    /// # Errors
    /// [`LoadError`] names the file that is missing, damaged or of another shape.
    pub fn load<'b>(
        description: &ModelDescription,
        file: impl Fn(&str) -> Option<&'b [u8]>,
        weights: &ForecasterWeights,
    ) -> Result<Self, LoadError> {
        let bytes = |name: &str| file(name).ok_or_else(|| LoadError::Missing(name.to_owned()));
        let calibration = description.calibration.clone();
        if calibration.as_ref().is_some_and(|fitted| !fitted.is_valid(description.n_classes)) {
            return Err(LoadError::Calibration);
        }
        if !(1..=LONGEST_LOOKBACK).contains(&description.lookback) {
            return Err(LoadError::Lookback(description.lookback));
        }
        let n_features = description.n_features;
        let columns = description.columns.clone().map(|places| Columns { places, n_features });
        if let Some(Columns { places, .. }) = &columns
            && (places.is_empty() || places.iter().any(|place| *place >= n_features))
        {
            return Err(LoadError::Columns);
        }
        let n_features = columns.as_ref().map_or(n_features, |columns| columns.places.len());
        let model = match (&description.kind, &description.architecture) {
            (ModelKind::Lstm | ModelKind::Transformer, Some(architecture)) => {
                let shape = NetworkShape {
                    n_features,
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
            (ModelKind::Tirex, _) => {
                let tirex = description.tirex.as_ref().ok_or(LoadError::Missing("tirex".to_owned()))?;
                let head = bytes(tirex_model::HEAD_FILE)?;
                let changed =
                    if tirex.tuned_blocks > 0 { Some(bytes(tirex_model::BLOCKS_FILE)?) } else { None };
                let sizes = (description.lookback, n_features);
                Model::Tirex(Box::new(TirexModel::load(tirex, sizes, head, changed, weights)?))
            }
        };
        let shape = |features: usize, classes: usize| format!("{features} × {classes}");
        let (found, expected) =
            (shape(model.n_features(), model.n_classes()), shape(n_features, description.n_classes));
        if found != expected {
            return Err(LoadError::Shape { name: description.kind.name().to_owned(), expected, found });
        }
        Ok(Self { model, calibration, columns })
    }
}

fn scaler_json(model: &NetworkModel) -> Vec<u8> {
    serde_json::to_vec_pretty(&model.scaler).expect("finite numbers are JSON")
}
