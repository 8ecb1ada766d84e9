//! A forest behind the common seam.

use market::Seed;
use trees::{ForestConfig, RandomForest, Table, TrainingRows};

use crate::error::{FitError, LoadError, PredictError};
use crate::rows::{FeatureView, TrainingSet};
use crate::spec::FitProgress;

pub(crate) const FILE: &str = "forest.safetensors";

/// Learns from the training rows; the validation rows are not looked at.
pub(crate) fn fit(
    config: &ForestConfig,
    data: &TrainingSet<'_>,
    seed: Seed,
    progress: &dyn FitProgress,
) -> Result<RandomForest, FitError> {
    let table = Table::new(data.values, data.n_features)?;
    let (rows, classes) = (data.train.ends, data.train.classes);
    let training = TrainingRows { table, rows, classes, n_classes: data.n_classes, weights: None };
    let total = config.trees as u64;
    Ok(RandomForest::fit(config, &training, seed, &|done| progress.step(done as u64, total, "trees"))?)
}

pub(crate) fn predict(forest: &RandomForest, view: &FeatureView<'_>) -> Result<Vec<f64>, PredictError> {
    let table = Table::new(view.values, view.n_features)?;
    Ok(forest.predict(&table, view.ends))
}

pub(crate) fn load(bytes: &[u8]) -> Result<RandomForest, LoadError> {
    RandomForest::from_safetensors(bytes).map_err(|source| LoadError::Trees { file: FILE.to_owned(), source })
}
