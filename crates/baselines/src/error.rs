//! Why a baseline failed.

use detectors::{HmmError, JumpError};
use trees::{FitError, TableError};

/// Why a baseline has no answers in a fold.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BaselineError {
    /// Nothing to learn from.
    #[error("no training row has a label; use more bars or another label")]
    NoTrainingRows,
    /// Nothing to tell apart.
    #[error("every training row has the same class, so there is nothing to tell apart; train on more bars")]
    OneClass,
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
    /// The optimiser gave up.
    #[error("the logistic regression was not fitted: {0}")]
    Logistic(String),
    /// The optimiser ran out of iterations far from the optimum.
    #[error(
        "the logistic regression did not converge: after {iterations} iterations the gradient is {gradient:.1e} a row"
    )]
    NotConverged {
        /// Iterations made.
        iterations: u64,
        /// Largest component of the mean gradient.
        gradient: f64,
    },
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
    /// The nearest neighbours.
    #[error("the nearest neighbours were not found: {0}")]
    Neighbours(String),
}
