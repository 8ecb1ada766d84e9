//! A forest behind the common seam.

use market::Seed;
use trees::{ForestConfig, RandomForest, Table, TrainingRows};

use crate::error::{FitError, LoadError, PredictError};
use crate::rows::{FeatureView, TrainingSet};
use crate::spec::FitProgress;

pub(crate) const FILE: &str = "forest.safetensors";

pub(crate) fn fit(
    config: &ForestConfig,
    data: &TrainingSet<'_>,
    seed: Seed,
    progress: &dyn FitProgress,
) -> Result<RandomForest, FitError> {
    // A forest needs no stopping rule, so rows held back for one are rows to learn from.
    let rows = [data.train.ends, data.validation.ends].concat();
    let classes = [data.train.classes, data.validation.classes].concat();
    let table = Table::new(data.values, data.n_features)?;
    let training = TrainingRows { table, rows: &rows, classes: &classes, n_classes: data.n_classes, weights: None };
    let total = config.trees as u64;
    Ok(RandomForest::fit(config, &training, seed, &|done| progress.step(done as u64, total, "trees"))?)
}

pub(crate) fn predict(forest: &RandomForest, view: &FeatureView<'_>) -> Result<Vec<f64>, PredictError> {
    let table = Table::new(view.values, view.n_features)?;
    Ok(forest.predict(&table, view.ends))
}

pub(crate) fn load(bytes: &[u8]) -> Result<RandomForest, LoadError> {
    RandomForest::from_safetensors(bytes)
        .map_err(|source| LoadError::Forest { file: FILE.to_owned(), source })
}
