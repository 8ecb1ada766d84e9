//! What each feature contributed to an answer.

use serde::Serialize;
use trees::{AdditivityError, Table, TreeShap};

use crate::columns::{Columns, Selected};
use crate::rows::FeatureView;

/// What an explanation is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ExplainedUnit {
    /// Of a forest: class probabilities.
    #[serde(rename = "probability")]
    Probability,
    /// Of boosting: the class' log-odds (two classes), or its log-weight among all (more).
    #[serde(rename = "log-odds")]
    LogOdds,
}

impl ExplainedUnit {
    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Probability => "probability",
            Self::LogOdds => "log-odds",
        }
    }
}

/// Explains a model of trees by exact `TreeSHAP`, before calibration.
#[derive(Debug)]
pub struct Explainer<'a> {
    pub(crate) shap: TreeShap<'a>,
    pub(crate) unit: ExplainedUnit,
    pub(crate) n_classes: usize,
    /// The columns that the model sees, where it does not see all.
    pub(crate) columns: Option<&'a Columns>,
}

/// Answers taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// F.
    pub n_features: usize,
    /// K.
    pub n_classes: usize,
    /// What each feature added to each class: `[n_rows, F, K]`.
    pub values: Vec<f64>,
    /// The answers: `[n_rows, K]`.
    pub outputs: Vec<f64>,
    /// Largest |base + Σ contributions − answer|.
    pub additivity_error: f64,
}

impl Explainer<'_> {
    /// What the contributions are in.
    pub fn unit(&self) -> ExplainedUnit {
        self.unit
    }

    /// The mean answer over the training rows: `[K]`.
    pub fn base(&self) -> Vec<f64> {
        self.of_classes(self.shap.base())
    }

    /// Takes the answers for some rows apart.
    ///
    /// # Errors
    /// [`AdditivityError`] when the contributions of a row do not add up to its answer.
    ///
    /// # Panics
    /// When the rows have other features than the model.
    pub fn explain(&self, view: &FeatureView<'_>) -> Result<Contributions, AdditivityError> {
        let selected = self.columns.map(|columns| columns.of_view(view, 1));
        let own = selected.as_ref().map_or(*view, Selected::view);
        let table = Table::new(own.values, own.n_features).expect("rows of features are a table");
        let found = self.shap.explain(&table, own.ends)?;
        let values = self.of_classes(&found.values);
        Ok(Contributions {
            n_features: view.n_features,
            n_classes: self.n_classes,
            values: self.columns.map_or(values.clone(), |columns| columns.among_all(&values, self.n_classes)),
            outputs: self.of_classes(&found.outputs),
            additivity_error: found.additivity_error,
        })
    }

    /// One number for each class: log-odds of the second of two classes are those of the first with the sign
    /// turned.
    fn of_classes(&self, values: &[f64]) -> Vec<f64> {
        if self.n_classes == 2 && self.unit == ExplainedUnit::LogOdds {
            values.iter().flat_map(|value| [-value, *value]).collect()
        } else {
            values.to_vec()
        }
    }
}
