//! What is read.

use market::Timestamp;
use serde::Serialize;

/// A prediction as it was made, and its outcome once it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Number in the history, in the order of writing.
    pub id: i64,
    /// Open time of its bar.
    pub open_time: Timestamp,
    /// Content hash of the model.
    pub content_hash: String,
    /// `name/version` of the model.
    pub model_version: String,
    /// Its classes.
    pub classes: Vec<String>,
    /// Symbol.
    pub symbol: String,
    /// When the bar closed.
    pub timestamp: Timestamp,
    /// Class that was predicted.
    pub regime: u8,
    /// In class order.
    pub probabilities: Vec<f64>,
    /// Classes of the prediction set; none without one.
    pub prediction_set: Option<Vec<u8>>,
    /// Who answered.
    pub source: String,
    /// How far down the ladder.
    pub level: u8,
    /// Why.
    pub reason: Option<String>,
    /// Time spent on it.
    pub latency_ms: f64,
    /// Class that came.
    pub outcome: Option<u8>,
    /// Open time of the bar that decided it.
    pub resolved_at: Option<Timestamp>,
}

/// One day of a symbol.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DaySummary {
    /// Days since 1970-01-01, of the predicted bars' close.
    pub day: i64,
    /// Predictions made.
    pub predictions: u64,
    /// Those whose outcome is known.
    pub resolved: u64,
    /// Those of them that were right.
    pub correct: u64,
    /// Sum of −ln p of what came.
    pub loss: f64,
    /// Resolved ones that had a set.
    pub sets: u64,
    /// Sets that held what came.
    pub covered: u64,
}

/// Days, oldest first, and how classes were taken for each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Days that have predictions.
    pub days: Vec<DaySummary>,
    /// `[came][said]`.
    pub confusion: Vec<Vec<u64>>,
}

/// Numbers of a blob.
pub(crate) fn numbers(bytes: &[u8]) -> Vec<f64> {
    let (whole, _) = bytes.as_chunks::<8>();
    whole.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect()
}

/// Classes of a set.
pub(crate) fn classes_of(text: &str) -> Vec<u8> {
    text.split(',').filter_map(|class| class.parse().ok()).collect()
}
