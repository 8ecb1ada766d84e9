//! Models of linfa and smartcore behind the common seam.

use classical::{
    LinfaTreeConfig, LogisticConfig, LogisticRegression, NearestNeighbours, NeighboursConfig,
    SmartcoreForestConfig, fit_linfa_tree, fit_smartcore_forest,
};
use market::Seed;
use serde::{Deserialize, Serialize};
use trees::{RandomForest, Table, TrainingRows};

use crate::error::{FitError, LoadError, PredictError};
use crate::rows::{FeatureView, TrainingSet};

pub(crate) const LOGISTIC_FILE: &str = "logistic.json";
pub(crate) const NEIGHBOURS_FILE: &str = "neighbours.json";

/// A library's model and its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LibrarySpec {
    /// linfa's decision tree.
    LinfaTree(LinfaTreeConfig),
    /// linfa's logistic regression.
    LinfaLogistic(LogisticConfig),
    /// smartcore's random forest.
    SmartcoreForest(SmartcoreForestConfig),
    /// smartcore's nearest neighbours.
    SmartcoreKnn(NeighboursConfig),
}

/// What such a fit gives: trees that are ours now, or numbers that the library made.
pub(crate) enum FittedLibrary {
    Forest(RandomForest),
    Logistic(LogisticRegression),
    Neighbours(Box<NearestNeighbours>),
}

/// Learns from the training rows; the validation rows are not looked at.
pub(crate) fn fit(spec: &LibrarySpec, data: &TrainingSet<'_>, seed: Seed) -> Result<FittedLibrary, FitError> {
    let table = Table::new(data.values, data.n_features)?;
    let (rows, classes) = (data.train.ends, data.train.classes);
    let rows = TrainingRows { table, rows, classes, n_classes: data.n_classes, weights: None };
    Ok(match spec {
        LibrarySpec::LinfaTree(config) => FittedLibrary::Forest(fit_linfa_tree(config, &rows)?),
        LibrarySpec::LinfaLogistic(config) => {
            FittedLibrary::Logistic(LogisticRegression::fit(config, &rows)?)
        }
        LibrarySpec::SmartcoreForest(config) => {
            FittedLibrary::Forest(fit_smartcore_forest(config, &rows, seed.0)?)
        }
        LibrarySpec::SmartcoreKnn(config) => {
            FittedLibrary::Neighbours(Box::new(NearestNeighbours::fit(config, &rows)?))
        }
    })
}

pub(crate) fn predict_logistic(model: &LogisticRegression, view: &FeatureView<'_>) -> Vec<f64> {
    let mut answers = vec![0.0; view.ends.len() * model.n_classes()];
    for (&row, answer) in view.ends.iter().zip(answers.chunks_exact_mut(model.n_classes())) {
        model.predict_row(view.row(row), answer);
    }
    answers
}

pub(crate) fn predict_neighbours(
    model: &NearestNeighbours,
    view: &FeatureView<'_>,
) -> Result<Vec<f64>, PredictError> {
    Ok(model.predict(&Table::new(view.values, view.n_features)?, view.ends)?)
}

pub(crate) fn load_logistic(bytes: &[u8]) -> Result<LogisticRegression, LoadError> {
    LogisticRegression::from_json(bytes).ok_or(LoadError::Numbers { file: LOGISTIC_FILE.to_owned() })
}

pub(crate) fn load_neighbours(bytes: &[u8]) -> Result<NearestNeighbours, LoadError> {
    NearestNeighbours::from_json(bytes).ok_or(LoadError::Numbers { file: NEIGHBOURS_FILE.to_owned() })
}
