//! The list of baselines.

use market::ClassProbabilities;
use serde::{Deserialize, Serialize};

use crate::{
    BaselineError, BaselineView, detected_states, freeze_price, knn, logistic, majority, markov,
    moving_average, persistence, tree,
};

/// The baselines, in the order of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The training part's class shares.
    Majority,
    /// The last label that was resolved by then.
    Persistence,
    /// A first-order Markov chain from the last resolved label to the bar.
    Markov,
    /// The class if the price stood still from here on.
    FreezePrice,
    /// The distance of two moving averages, or volatility against its usual level.
    MovingAverage,
    /// Multinomial logistic regression on the features.
    Logistic,
    /// The filtered state of a Gaussian hidden Markov model.
    Hmm,
    /// The online state of a statistical jump model.
    Jump,
    /// One decision tree on the features.
    Tree,
    /// The classes of the most similar training rows.
    Knn,
}

/// What a baseline says of a fold's test rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Class probabilities of every test row, in their order.
    Answered(Vec<ClassProbabilities>),
    /// It has nothing to say on such data, for this reason; it belongs in no report of them.
    NotApplicable(String),
}

impl Baseline {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Majority,
        Self::Persistence,
        Self::Markov,
        Self::FreezePrice,
        Self::MovingAverage,
        Self::Logistic,
        Self::Hmm,
        Self::Jump,
        Self::Tree,
        Self::Knn,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Majority => "majority",
            Self::Persistence => "persistence",
            Self::Markov => "markov",
            Self::FreezePrice => "freeze_price",
            Self::MovingAverage => "moving_average",
            Self::Logistic => "logistic",
            Self::Hmm => "hmm",
            Self::Jump => "jump",
            Self::Tree => "tree",
            Self::Knn => "knn",
        }
    }

    /// Learns from the training rows and answers for the test rows: the same bits at any number of threads.
    ///
    /// # Errors
    /// [`BaselineError`] when there is nothing to learn from or the baseline can't be fitted; then it has
    /// failed in this fold, and nothing stands in for it.
    pub fn predict(self, view: &BaselineView<'_>) -> Result<Outcome, BaselineError> {
        view.check()?;
        match self {
            Self::Majority => Ok(majority::predict(view)),
            Self::Persistence => Ok(persistence::predict(view)),
            Self::Markov => Ok(markov::predict(view)),
            Self::FreezePrice => Ok(freeze_price::predict(view)),
            Self::MovingAverage => Ok(moving_average::predict(view)),
            Self::Logistic => logistic::predict(view),
            Self::Hmm => detected_states::hmm(view),
            Self::Jump => detected_states::jump(view),
            Self::Tree => tree::predict(view),
            Self::Knn => knn::predict(view),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_serialised_form() {
        for baseline in Baseline::ALL {
            assert_eq!(serde_json::to_value(baseline).unwrap(), baseline.name());
        }
    }
}
