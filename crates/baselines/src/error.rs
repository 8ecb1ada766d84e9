//! Why a baseline failed.

use classical::ClassicalError;
use detectors::{HmmError, JumpError};
use trees::{FitError, TableError};

/// Why a baseline has no answers in a fold.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BaselineError {
    /// Nothing to learn from.
    #[error("no training row has a label; use more bars or another label")]
    NoTrainingRows,
    /// Not one row for each bar.
    #[error("there are {rows} {what} for {bars} bars; give one for each bar")]
    Length {
        /// Of what.
        what: &'static str,
        /// How many.
        rows: usize,
        /// How many there should be.
        bars: usize,
    },
    /// A feature without a value.
    #[error("feature {column} of bar {bar} is not finite; leave out bars before the features are warm")]
    NotFinite {
        /// Bar index.
        bar: usize,
        /// Feature index.
        column: usize,
    },
    /// An answer that is none.
    #[error("an answer is no probability: {0}")]
    NoProbability(String),
    /// The hidden Markov model.
    #[error(transparent)]
    Hmm(#[from] HmmError),
    /// The jump model.
    #[error(transparent)]
    Jump(#[from] JumpError),
    /// The tree's table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The tree.
    #[error(transparent)]
    Tree(#[from] FitError),
    /// A library's model.
    #[error(transparent)]
    Classical(#[from] ClassicalError),
}
