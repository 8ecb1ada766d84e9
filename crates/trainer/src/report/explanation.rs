//! One prediction taken apart, and where networks look, as data.

use market::Timestamp;
use serde::Serialize;

/// The unit of models that add up scores before they become probabilities.
pub(super) const LOG_ODDS: &str = "log-odds";

/// One prediction taken apart: exactly, by `TreeSHAP` (path-dependent).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Model.
    pub model: String,
    /// `probability` for forests, `log-odds` for boosting: the unit of `base`, `contributions` and `output`.
    pub unit: String,
    /// Symbol.
    pub symbol: String,
    /// Close time of the bar.
    pub time: Timestamp,
    /// The predicted class, which is explained.
    pub class: String,
    /// The class that came.
    pub actual: String,
    /// Calibrated probability of `class`, as the model answers.
    pub probability: f64,
    /// Mean output over the training rows.
    pub base: f64,
    /// The model's raw output for the class: `base`, all contributions and `rest` together.
    pub output: f64,
    /// Strongest first, at most 12.
    pub contributions: Vec<Contribution>,
    /// Sum of all other features' contributions.
    pub rest: f64,
    /// How many features the rest is of.
    pub others: usize,
    /// |base + Σ contributions − output|, the largest over every row that was explained.
    pub additivity_error: f64,
    /// Rows that were explained.
    pub explained_rows: usize,
    /// The strongest contributions in words.
    pub sentence: String,
}

/// What one feature adds to one prediction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contribution {
    /// Feature.
    pub feature: String,
    /// Its value.
    pub value: f64,
    /// Share of training rows with a smaller value.
    pub share_below: f64,
    /// Its SHAP value, in the explanation's unit.
    pub contribution: f64,
}

/// Where in its windows a network looks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttentionReport {
    /// Model.
    pub model: String,
    /// Out-of-sample windows that it is the mean of.
    pub windows: usize,
    /// Of each layer, how much each row of the window is attended to, the oldest first: mean over windows, heads and
    /// attending rows. Sums to 1.
    pub layers: Vec<Vec<f64>>,
}
