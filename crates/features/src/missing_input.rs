//! What a series lacks for the features that are asked of it.

use market::Timestamp;

/// Bars without something that the features need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the bar that opens at {at} has no {field}, which the order_flow features need; use bars that have it in every row, or features without order_flow"
)]
pub struct MissingField {
    /// Column of the file.
    pub field: &'static str,
    /// Open time of the first bar without it.
    pub at: Timestamp,
}

/// A series without a symbol that the features look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the features look at {}, but the bars of {series} carry no closes of {symbol} ({}); give its bars too: data.references for the trainer, --reference for the predictor",
    needed.join(", "),
    if carried.is_empty() { "they have no references".to_owned() } else { format!("only of {}", carried.join(", ")) }
)]
pub struct MissingReference {
    /// Symbol that is missing.
    pub symbol: String,
    /// Symbol of the series.
    pub series: String,
    /// All that are needed.
    pub needed: Vec<String>,
    /// Those that there are.
    pub carried: Vec<String>,
}

/// Something that the features need and a series does not carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MissingInput {
    /// A number of each bar.
    #[error(transparent)]
    Field(#[from] MissingField),
    /// Another symbol's closes.
    #[error(transparent)]
    Reference(#[from] MissingReference),
}
