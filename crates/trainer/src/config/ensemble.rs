//! How members become one, and how sure prediction sets have to be.

use std::collections::BTreeMap;

use ensemble::CalibrationMethod;
use models::ModelKind;
use serde::{Deserialize, Serialize};

/// The models of a run as one: a weighted mean of their probabilities, corrected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnsembleConfig {
    /// Where weights come from.
    pub weights: Weighting,
    /// Weights before anything is known, by model, instead of the usual ones; divided by the sum of all.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub priors: BTreeMap<String, f64>,
    /// How many independent rows the priors are worth; rows whose labels overlap count as one.
    pub prior_rows: f64,
    /// How the mean is corrected.
    pub calibration: CalibrationMethod,
}

/// Where weights come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// From what members said of earlier folds, drawn towards the priors; of a split without earlier folds the priors.
    #[default]
    Learned,
    /// The priors.
    Priors,
}

/// Prediction sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConformalConfig {
    /// Share of bars whose true class the set should hold.
    pub coverage: f64,
    /// How far one outcome moves the threshold of its class: larger steps follow drift sooner and make larger sets.
    pub step: f64,
}

impl Default for EnsembleConfig {
    fn default() -> Self {
        Self {
            weights: Weighting::Learned,
            priors: BTreeMap::new(),
            prior_rows: 10.0,
            calibration: CalibrationMethod::Auto,
        }
    }
}

impl Default for ConformalConfig {
    fn default() -> Self {
        Self { coverage: 0.9, step: 0.005 }
    }
}

impl EnsembleConfig {
    /// What a member is worth before anything is known.
    pub fn prior(&self, kind: ModelKind) -> f64 {
        self.priors.get(kind.name()).copied().unwrap_or_else(|| kind.prior_weight())
    }

    /// The first value that makes no sense: its key and why.
    pub(super) fn first_fault(&self, members: &[ModelKind]) -> Option<(String, String)> {
        let fault = |key: &str, why: String| Some((format!("ensemble.{key}"), why));
        if members.len() < 2 {
            return Some(("models".to_owned(), "an [ensemble] needs two models at least".to_owned()));
        }
        for (name, prior) in &self.priors {
            if !members.iter().any(|kind| kind.name() == name) {
                return fault("priors", format!("{name} is none of the run's models"));
            }
            if !(prior.is_finite() && *prior > 0.0) {
                return fault("priors", format!("{prior} of {name} is not above zero"));
            }
        }
        if !(self.prior_rows.is_finite() && self.prior_rows > 0.0) {
            return fault("prior_rows", format!("{} is not above zero", self.prior_rows));
        }
        None
    }
}

impl ConformalConfig {
    /// The first value that makes no sense: its key and why.
    pub(super) fn first_fault(&self) -> Option<(String, String)> {
        let fault = |key: &str, why: String| Some((format!("conformal.{key}"), why));
        if !(self.coverage >= 0.5 && self.coverage < 1.0) {
            return fault("coverage", format!("{} is not from 0.5 to below 1", self.coverage));
        }
        if !(0.0..=0.1).contains(&self.step) {
            return fault("step", format!("{} is not from 0 to 0.1", self.step));
        }
        None
    }
}
