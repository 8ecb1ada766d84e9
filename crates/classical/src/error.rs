//! What can go wrong with a library's model.

use trees::{FitError, GivenError};

/// Why a model could not be fitted or could not answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ClassicalError {
    /// Nothing to tell apart.
    #[error("every training row has the same class, so there is nothing to tell apart; train on more bars")]
    OneClass,
    /// A setting out of its range.
    #[error("{name} is {value}: it must be {expected}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// What it is.
        value: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// The optimiser gave up.
    #[error("the logistic regression was not fitted: {0}")]
    Logistic(String),
    /// The optimiser ran out of iterations far from the optimum.
    #[error(
        "the logistic regression did not converge: after {iterations} iterations the gradient is {gradient:.1e} a row; raise max_iterations or alpha"
    )]
    NotConverged {
        /// Iterations made.
        iterations: u64,
        /// Largest component of the mean gradient.
        gradient: f64,
    },
    /// The nearest neighbours.
    #[error("the nearest neighbours were not found: {0}")]
    Neighbours(String),
    /// A tree or forest of a library.
    #[error("{library}: {message}")]
    Library {
        /// Which.
        library: &'static str,
        /// What it says.
        message: String,
    },
    /// A library's tree that is none.
    #[error("{library}'s trees can't be taken over: {source}")]
    TakenOver {
        /// Which.
        library: &'static str,
        /// Why.
        source: GivenError,
    },
    /// Rows that no model can learn from.
    #[error(transparent)]
    Rows(#[from] FitError),
}

/// Refuses a count outside of its range.
pub(crate) fn check_count(
    name: &'static str,
    count: usize,
    fine: bool,
    expected: &'static str,
) -> Result<(), ClassicalError> {
    if fine { Ok(()) } else { Err(ClassicalError::Setting { name, value: count as f64, expected }) }
}
