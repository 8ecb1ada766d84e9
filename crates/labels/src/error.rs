//! Why there are no labels.

use detectors::{HmmError, JumpError, MatchError};
use market::{ClassesError, Timestamp};

use crate::spec::LabelKind;

/// Why a definition is refused or nothing can be labelled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LabelError {
    /// A count below its least sensible value.
    #[error("label.{name} is {value}; it must be at least {least}")]
    TooSmall {
        /// Parameter.
        name: &'static str,
        /// As given.
        value: usize,
        /// Least.
        least: usize,
    },
    /// A number that makes no sense.
    #[error("label.{name} is {value}; it must be a finite number, {needs}")]
    Number {
        /// Parameter.
        name: &'static str,
        /// As given.
        value: f64,
        /// What it must be.
        needs: &'static str,
    },
    /// States that could hardly be told apart.
    #[error("label.states is {0}; at most 10 states can be told apart")]
    TooManyStates(usize),
    /// `provided` without its columns.
    #[error(
        "label.kind = \"provided\" needs label.column and label.until_column; without the time until which a label looks ahead, purging and persistence can't be right"
    )]
    ColumnsMissing,
    /// A label without its end.
    #[error("the bar at {at} has a label but no time in label.until_column")]
    UntilMissing {
        /// Open time of the bar.
        at: Timestamp,
    },
    /// An end before the bar itself.
    #[error(
        "the label of the bar at {at} ends at {until}, before the bar itself; label.until_column must not lie in the past"
    )]
    UntilBeforeBar {
        /// Open time of the bar.
        at: Timestamp,
        /// As given.
        until: Timestamp,
    },
    /// A class that the config does not list.
    #[error(
        "the bar at {at} has the class `{name}`, but label.classes lists {known}; correct the column or the list"
    )]
    UnknownClass {
        /// Open time of the bar.
        at: Timestamp,
        /// As given.
        name: String,
        /// The list.
        known: String,
    },
    /// The user's class names.
    #[error("label.column: {0}")]
    Classes(#[from] ClassesError),
    /// The hidden Markov model.
    #[error(transparent)]
    Hmm(#[from] HmmError),
    /// The jump model.
    #[error(transparent)]
    Jump(#[from] JumpError),
    /// A refit of something else.
    #[error(
        "a `{}` label can't keep the states of a `{}` label; refit with the definition of the earlier fit",
        ours.name(),
        earlier.name()
    )]
    OtherKind {
        /// Kind of the new fit.
        ours: LabelKind,
        /// Kind of the earlier one.
        earlier: LabelKind,
    },
    /// States that can't be matched.
    #[error(transparent)]
    Match(#[from] MatchError),
    /// A bundle's attachment.
    #[error("the bundle's label can't be used: {0}")]
    Attachment(String),
    /// A column of the user's file.
    #[error("the label is a column of a file; nobody knows its outcomes live")]
    NobodyKnows,
}
