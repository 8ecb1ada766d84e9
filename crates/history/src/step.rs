//! What is written together.

use market::{Bar, Prediction, Timestamp};

/// A bar of a symbol and everything that followed from it. It is written whole or not at all, and once: a step that is there
/// already changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Symbol.
    pub symbol: String,
    /// The bar.
    pub bar: Bar,
    /// What was predicted at it, by each model that was asked, with the hash of what the model is.
    pub predictions: Vec<(String, Prediction)>,
    /// Outcomes of earlier predictions that it decides, by each model's label.
    pub resolutions: Vec<Resolution>,
}

impl Step {
    /// A bar at which nothing was predicted.
    pub fn of_bar(symbol: &str, bar: Bar) -> Self {
        Self { symbol: symbol.to_owned(), bar, predictions: Vec::new(), resolutions: Vec::new() }
    }
}

/// The outcome of an earlier prediction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The model's content hash.
    pub content_hash: String,
    /// Open time of the bar that the prediction was made at.
    pub at: Timestamp,
    /// Class that came.
    pub class: u8,
}

/// What a process remembers of a symbol, so that another can go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Symbol.
    pub symbol: String,
    /// The model's content hash.
    pub content_hash: String,
    /// Open time of the newest bar it took.
    pub at: Timestamp,
    /// JSON.
    pub state: String,
}
