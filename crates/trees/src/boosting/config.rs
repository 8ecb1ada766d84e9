//! How trees are boosted.

use serde::{Deserialize, Serialize};

use crate::class_weights::ClassWeights;
use crate::error::FitError;

/// Boosting's section of a run's configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BoostingConfig {
    /// Most rounds; each grows one tree for every class, or one alone for two classes.
    pub rounds: usize,
    /// What a tree's answer is multiplied with.
    pub learning_rate: f64,
    /// Most leaves of a tree, which is grown by the leaf that gains most.
    pub max_leaves: usize,
    /// Most splits from the root to a leaf; no limit when absent.
    pub max_depth: Option<usize>,
    /// Fewest training rows in a leaf.
    pub min_leaf: usize,
    /// Least sum of second derivatives in a leaf.
    pub min_hessian: f64,
    /// L2 penalty on the answers of leaves.
    pub lambda: f64,
    /// Share of the rows that each round learns from, drawn without replacement.
    pub row_share: f64,
    /// Share of the columns that each tree may split on, drawn anew for it.
    pub column_share: f64,
    /// Stop when the validation rows' log-loss has not improved for so many rounds, and keep the best ones; never
    /// when absent or when there are no validation rows.
    pub early_stopping: Option<usize>,
    /// How much the rows of each class count while trees are grown.
    pub class_weights: ClassWeights,
}

impl Default for BoostingConfig {
    fn default() -> Self {
        Self {
            rounds: 500,
            learning_rate: 0.05,
            max_leaves: 31,
            max_depth: None,
            min_leaf: 20,
            min_hessian: 1e-3,
            lambda: 0.0,
            row_share: 1.0,
            column_share: 1.0,
            early_stopping: Some(50),
            class_weights: ClassWeights::None,
        }
    }
}

impl BoostingConfig {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// [`FitError::Setting`] names the setting and what it may be.
    pub fn check(&self) -> Result<(), FitError> {
        let share = |x: f64| x > 0.0 && x <= 1.0;
        let count = |n: usize| n as f64;
        let settings = [
            ("rounds", count(self.rounds), self.rounds > 0, "at least 1"),
            (
                "learning_rate",
                self.learning_rate,
                self.learning_rate > 0.0 && self.learning_rate <= 1.0,
                "above 0 and at most 1",
            ),
            (
                "max_leaves",
                count(self.max_leaves),
                (2..=65_536).contains(&self.max_leaves),
                "from 2 to 65,536",
            ),
            (
                "max_depth",
                count(self.max_depth.unwrap_or(1)),
                self.max_depth != Some(0),
                "at least 1, or left out",
            ),
            ("min_leaf", count(self.min_leaf), self.min_leaf > 0, "at least 1"),
            (
                "min_hessian",
                self.min_hessian,
                self.min_hessian >= 0.0 && self.min_hessian.is_finite(),
                "at least 0",
            ),
            ("lambda", self.lambda, self.lambda >= 0.0 && self.lambda.is_finite(), "at least 0"),
            ("row_share", self.row_share, share(self.row_share), "above 0 and at most 1"),
            ("column_share", self.column_share, share(self.column_share), "above 0 and at most 1"),
            (
                "early_stopping",
                count(self.early_stopping.unwrap_or(1)),
                self.early_stopping != Some(0),
                "at least 1, or left out",
            ),
        ];
        match settings.into_iter().find(|(_, _, fine, _)| !fine) {
            Some((name, value, _, expected)) => Err(FitError::Setting { name, value, expected }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_out_of_range_is_named() {
        let usual = BoostingConfig::default();
        assert_eq!(usual.check(), Ok(()));
        for (wrong, name) in [
            (BoostingConfig { rounds: 0, ..usual.clone() }, "rounds"),
            (BoostingConfig { learning_rate: f64::NAN, ..usual.clone() }, "learning_rate"),
            (BoostingConfig { max_leaves: 1, ..usual.clone() }, "max_leaves"),
            (BoostingConfig { lambda: -1.0, ..usual.clone() }, "lambda"),
            (BoostingConfig { column_share: 1.5, ..usual.clone() }, "column_share"),
            (BoostingConfig { early_stopping: Some(0), ..usual }, "early_stopping"),
        ] {
            assert!(wrong.check().unwrap_err().to_string().starts_with(&format!("{name} is ")));
        }
    }
}
