//! One answer of the system about one bar.

use serde::ser::{Serialize, Serializer};

use crate::{Taxonomy, Timestamp};

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PredictionSource {
    /// Members of the bundle answered.
    Model,
    /// Nobody answered: the last good answer, drawn towards the class prior with age.
    LastGood,
    /// Nobody answered lately: how often each class came in training.
    Prior,
}

/// An interval of the log return over the next bars that holds it at a stated rate.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ForecastInterval {
    /// Bars ahead.
    pub horizon: usize,
    /// Share of intervals that hold what comes.
    pub coverage: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A prediction in the form that is written to files and sent to clients. Maps keyed by class keep the
/// label's class order; maps keyed by member keep the bundle's order.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Prediction {
    /// Symbol the bar belongs to.
    pub symbol: String,
    /// Taxonomy of the classes.
    pub taxonomy: Taxonomy,
    /// The most probable class.
    pub predicted_regime: String,
    /// Probability of each class.
    #[serde(serialize_with = "as_map")]
    pub probabilities: Vec<(String, f64)>,
    /// Probability of the predicted class.
    pub confidence: f64,
    /// 0.6 · highest probability + 0.4 · share of features that had a value, in [0, 1].
    pub quality_score: f64,
    /// How many bars ahead the prediction looks.
    pub horizon: usize,
    /// The instant the bar closed, epoch milliseconds: when this could first be known.
    pub timestamp: Timestamp,
    /// The classes that cover the truth at the bundle's stated rate; none when it carries no threshold.
    pub prediction_set: Option<Vec<String>>,
    /// Why the set decides nothing, in words; none when it names one class, or when there is no set.
    pub abstained: Option<String>,
    /// Where the log return over some bars will lie; none without forecasts.
    pub forecast_interval: Option<ForecastInterval>,
    /// Entropy of the probabilities divided by ln K, in [0, 1].
    pub uncertainty: f64,
    /// How far the members disagree: entropy of their mean less the mean of their entropies, in nats.
    pub disagreement: f64,
    /// Probabilities of each member, in class order; none of one that did not answer.
    #[serde(serialize_with = "as_map")]
    pub members: Vec<(String, Option<Vec<f64>>)>,
    /// Weight of each member in this prediction, summing to one; all zero when no member answered.
    #[serde(serialize_with = "as_map")]
    pub weights: Vec<(String, f64)>,
    /// Members that did not answer, and why: those that failed in training and those that failed now.
    #[serde(serialize_with = "as_map")]
    pub missing: Vec<(String, String)>,
    /// Who answered.
    pub source: PredictionSource,
    /// 0 when every member answered, 1 when some are missing, 2 when only one of several answered, 3 for the last good answer,
    /// 4 for the class prior.
    pub fallback_level: u8,
    /// Why the level is not 0, in words.
    pub fallback_reason: Option<String>,
    /// `name/version` of the bundle.
    pub model_version: String,
    /// Time spent on this answer in milliseconds (in a batch, the batch's time divided by its size).
    pub latency_ms: f64,
}

/// Pairs as a map that keeps their order.
fn as_map<S: Serializer, V: Serialize>(pairs: &[(String, V)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}
