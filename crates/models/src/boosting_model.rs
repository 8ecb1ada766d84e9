//! Boosting behind the common seam.

use market::Seed;
use trees::{BoostingConfig, BoostingHistory, GradientBoosting, Table, TrainingRows};

use crate::error::{FitError, LoadError, PredictError};
use crate::rows::{FeatureView, LabelledRows, TrainingSet};
use crate::spec::FitProgress;

pub(crate) const FILE: &str = "boosting.safetensors";

/// Learns from the training rows and stops by the validation rows, when there are any.
pub(crate) fn fit(
    config: &BoostingConfig,
    data: &TrainingSet<'_>,
    seed: Seed,
    progress: &dyn FitProgress,
) -> Result<(GradientBoosting, BoostingHistory), FitError> {
    let table = Table::new(data.values, data.n_features)?;
    let train = training_rows(table, data.train, data.n_classes);
    let validation = training_rows(table, data.validation, data.n_classes);
    let total = config.rounds as u64;
    let hear = |round: usize, loss: Option<f64>| {
        let note = loss.map_or_else(|| "rounds".to_owned(), |loss| format!("rounds, loss {loss:.4}"));
        progress.step(round as u64, total, &note);
    };
    Ok(GradientBoosting::fit(config, &train, Some(&validation), seed, &hear)?)
}

fn training_rows<'a>(table: Table<'a>, rows: LabelledRows<'a>, n_classes: usize) -> TrainingRows<'a> {
    TrainingRows { table, rows: rows.ends, classes: rows.classes, n_classes, weights: None }
}

pub(crate) fn predict(model: &GradientBoosting, view: &FeatureView<'_>) -> Result<Vec<f64>, PredictError> {
    let table = Table::new(view.values, view.n_features)?;
    Ok(model.predict(&table, view.ends))
}

pub(crate) fn load(bytes: &[u8]) -> Result<GradientBoosting, LoadError> {
    GradientBoosting::from_safetensors(bytes)
        .map_err(|source| LoadError::Trees { file: FILE.to_owned(), source })
}
