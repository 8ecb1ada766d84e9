//! Multinomial logistic regression.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::{MultiFittedLogisticRegression, MultiLogisticRegression};
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};
use trees::TrainingRows;

use crate::error::{ClassicalError, check_count};
use crate::scaler::StandardScaler;
use crate::thinned::Thinned;

/// The gradient at which the optimiser stops, a row.
const TOLERANCE: f64 = 1e-4;
/// A largest gradient component above this, a row, is a fit that did not converge.
const CONVERGED: f64 = 1e-3;

/// linfa's logistic regression in a run's configuration.
///
/// 20,000 rows of 100 columns and two classes take 0.1 s when the columns are independent (`examples/timings.rs`), 2 s when
/// they move together as features of bars do, and 130,000 of those 28 s (decision 010); more classes take longer. Above
/// `max_rows` it looks at evenly spaced rows, which loses next to nothing where labels overlap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogisticConfig {
    /// The penalty is half of this times the squared weights, against the summed log-loss: scikit-learn's C is 1 / alpha.
    pub alpha: f64,
    /// Most iterations of L-BFGS.
    pub max_iterations: u64,
    /// Most training rows it learns from.
    pub max_rows: usize,
}

impl Default for LogisticConfig {
    fn default() -> Self {
        Self { alpha: 50.0, max_iterations: 500, max_rows: 20_000 }
    }
}

impl LogisticConfig {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// [`ClassicalError::Setting`] names the setting and what it may be.
    pub fn check(&self) -> Result<(), ClassicalError> {
        if !(self.alpha >= 0.0 && self.alpha.is_finite()) {
            return Err(ClassicalError::Setting { name: "alpha", value: self.alpha, expected: "at least 0" });
        }
        check_count("max_iterations", self.max_iterations as usize, self.max_iterations > 0, "at least 1")?;
        check_count("max_rows", self.max_rows, self.max_rows >= 100, "at least 100")
    }
}

/// Softmax regression with an L2 penalty on scaled columns (linfa, L-BFGS).
///
/// Assumes that log-odds are linear in the columns; columns are scaled by the training rows it learnt from. A class
/// without a training row has probability zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogisticRegression {
    scaler: StandardScaler,
    n_classes: usize,
    /// The classes it saw, rising.
    seen: Vec<u8>,
    /// `[n_columns, n_seen]`, row after row.
    weights: Vec<f64>,
    /// `[n_seen]`.
    intercepts: Vec<f64>,
    /// Rows it learnt from.
    rows: usize,
}

impl LogisticRegression {
    /// Fits it. The scaler learns from all rows, the regression from at most `max_rows` of them.
    ///
    /// # Errors
    /// When all rows have one class, or the optimiser does not converge.
    pub fn fit(config: &LogisticConfig, data: &TrainingRows<'_>) -> Result<Self, ClassicalError> {
        config.check()?;
        let thinned = Thinned::new(data, config.max_rows);
        let seen = thinned.seen();
        if seen.len() < 2 {
            return Err(ClassicalError::OneClass);
        }
        let scaler = StandardScaler::fit(data.table, data.rows);
        let x = thinned.scaled(&scaler, &data.table);
        let classes: Vec<usize> = thinned.classes.iter().map(|&class| usize::from(class)).collect();
        let model = fitted(config, &x, &classes)?;
        Ok(Self {
            scaler,
            n_classes: data.n_classes,
            seen: model.classes().iter().map(|&class| class as u8).collect(),
            weights: model.params().iter().copied().collect(),
            intercepts: model.intercept().to_vec(),
            rows: thinned.rows.len(),
        })
    }

    /// Writes the class probabilities of a row `[n_columns]` to `probabilities` `[n_classes]`.
    ///
    /// # Panics
    /// When `row` or `probabilities` has another length.
    pub fn predict_row(&self, row: &[f64], probabilities: &mut [f64]) {
        assert_eq!(row.len(), self.n_columns(), "a row has one value for each column of the model");
        assert_eq!(probabilities.len(), self.n_classes, "there is one probability for each class");
        probabilities.fill(0.0);
        let mut scores = self.intercepts.clone();
        for (value, weights) in self.scaler.scaled(row).zip(self.weights.chunks_exact(self.seen.len())) {
            scores.iter_mut().zip(weights).for_each(|(score, weight)| *score += value * weight);
        }
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for score in &mut scores {
            *score = (*score - most).exp();
        }
        let sum: f64 = scores.iter().sum();
        for (&class, score) in self.seen.iter().zip(&scores) {
            probabilities[usize::from(class)] = score / sum;
        }
    }

    /// Number of columns of a row.
    pub fn n_columns(&self) -> usize {
        self.scaler.n_features()
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// Rows it learnt from.
    pub fn n_rows(&self) -> usize {
        self.rows
    }

    /// The model as JSON, the same bytes for the same model.
    ///
    /// # Panics
    /// Never: its numbers are finite.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("finite numbers are JSON")
    }

    /// Reads what [`Self::to_json`] wrote; none when the bytes are anything else.
    pub fn from_json(bytes: &[u8]) -> Option<Self> {
        let model: Self = serde_json::from_slice(bytes).ok()?;
        let (n_seen, n_columns) = (model.seen.len(), model.scaler.n_features());
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        let fits = model.scaler.is_valid()
            && (1..=256).contains(&model.n_classes)
            && n_seen >= 2
            && model.seen.is_sorted_by(|a, b| a < b)
            && model.seen.iter().all(|class| usize::from(*class) < model.n_classes)
            && model.weights.len() == n_columns * n_seen
            && model.intercepts.len() == n_seen;
        (fits && finite(&model.weights) && finite(&model.intercepts)).then_some(model)
    }
}

fn fitted(
    config: &LogisticConfig,
    x: &Array2<f64>,
    classes: &[usize],
) -> Result<MultiFittedLogisticRegression<f64, usize>, ClassicalError> {
    let n = classes.len() as f64;
    let model = MultiLogisticRegression::default()
        .alpha(config.alpha)
        .gradient_tolerance(TOLERANCE * n)
        .max_iterations(config.max_iterations)
        .fit(&DatasetBase::new(x.view(), Array1::from(classes.to_vec())))
        .map_err(|error| ClassicalError::Logistic(error.to_string()))?;
    let gradient = largest_gradient(config.alpha, &model, x, classes);
    if gradient <= CONVERGED {
        Ok(model)
    } else {
        Err(ClassicalError::NotConverged { iterations: config.max_iterations, gradient })
    }
}

/// The largest component of the objective's gradient at the fitted weights, a row: the optimiser does not tell why
/// it stopped.
fn largest_gradient(
    alpha: f64,
    model: &MultiFittedLogisticRegression<f64, usize>,
    x: &Array2<f64>,
    classes: &[usize],
) -> f64 {
    let mut residual = model.predict_probabilities(x);
    for (mut row, class) in residual.rows_mut().into_iter().zip(classes) {
        let place =
            model.classes().iter().position(|known| known == class).expect("a class it was fitted on");
        row[place] -= 1.0;
    }
    let weights = x.t().dot(&residual) + model.params() * alpha;
    let intercepts = residual.sum_axis(Axis(0));
    let largest = weights
        .iter()
        .chain(&intercepts)
        .fold(0.0_f64, |largest, cell| if cell.is_nan() { f64::INFINITY } else { largest.max(cell.abs()) });
    largest / classes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taken_over::tests::rows;

    #[test]
    fn answers_are_the_librarys_own_and_survive_saving() {
        let data = rows(600, 3);
        let model = LogisticRegression::fit(&LogisticConfig::default(), &data.training()).unwrap();
        let scaler = StandardScaler::fit(data.table(), &data.rows);
        let x = Thinned::new(&data.training(), 600).scaled(&scaler, &data.table());
        let classes: Vec<usize> = data.classes.iter().map(|class| usize::from(*class)).collect();
        let library = fitted(&LogisticConfig::default(), &x, &classes).unwrap().predict_probabilities(&x);
        let loaded = LogisticRegression::from_json(&model.to_json()).unwrap();
        assert_eq!(loaded, model);
        let mut p = [0.0; 3];
        for (row, expected) in data.rows.iter().zip(library.rows()) {
            loaded.predict_row(data.table().row(*row), &mut p);
            assert!(p.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{p:?} {expected}");
        }
        assert_eq!(LogisticRegression::from_json(&model.to_json()[..90]), None);
        let text = String::from_utf8(model.to_json()).unwrap().replace("\"n_classes\":3", "\"n_classes\":2");
        assert_eq!(LogisticRegression::from_json(text.as_bytes()), None);
    }

    #[test]
    fn one_class_and_senseless_settings_are_refused() {
        let mut data = rows(200, 2);
        data.classes.fill(1);
        let fit = |config: &LogisticConfig| LogisticRegression::fit(config, &data.training()).unwrap_err();
        assert_eq!(fit(&LogisticConfig::default()), ClassicalError::OneClass);
        let error = fit(&LogisticConfig { alpha: -1.0, ..LogisticConfig::default() });
        assert_eq!(error.to_string(), "alpha is -1: it must be at least 0");
    }
}
