//! The detectors that are measured.

use detectors::{HmmError, JumpError};
use serde::{Deserialize, Serialize};

use crate::answer::Answers;
use crate::draw::Draw;
use crate::{bayes_filter, fixed_rule, forest, hidden_states, hysteresis, jump_states};

/// A detector by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detector {
    /// The posterior by the generator's true parameters: what can be known from closes.
    BayesFilter,
    /// A random forest that was told the states of the training bars.
    Forest,
    /// Mean of 20 returns against ±.001, volatility against its median over 252 bars.
    FixedRule,
    /// EMA40 of trend and volatility, both with hysteresis.
    Hysteresis,
    /// A sticky hidden Markov model of six states.
    HiddenMarkov,
    /// Jump models: three states of the trend, two of the volatility.
    Jump,
}

/// What a detector is told beside the bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knowledge {
    /// The parameters of the generator.
    Parameters,
    /// The true states of the training bars.
    TrainingTruth,
    /// Nothing: unsupervised.
    Nothing,
}

impl Detector {
    /// Every detector.
    pub const ALL: [Self; 6] =
        [Self::BayesFilter, Self::Forest, Self::FixedRule, Self::Hysteresis, Self::HiddenMarkov, Self::Jump];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::BayesFilter => "bayes_filter",
            Self::Forest => "forest",
            Self::FixedRule => "fixed_rule",
            Self::Hysteresis => "hysteresis",
            Self::HiddenMarkov => "hidden_markov",
            Self::Jump => "jump",
        }
    }

    /// What it is told.
    pub fn knows(self) -> Knowledge {
        match self {
            Self::BayesFilter => Knowledge::Parameters,
            Self::Forest => Knowledge::TrainingTruth,
            Self::FixedRule | Self::Hysteresis | Self::HiddenMarkov | Self::Jump => Knowledge::Nothing,
        }
    }

    /// The answer to each bar of a draw, from the bars up to it. What is fitted is fitted on the training bars; those
    /// that are told nothing get the bars alone.
    ///
    /// # Errors
    /// [`DetectorError`] when the training bars are too few, or a model's states degenerate.
    pub fn answers(self, draw: &Draw) -> Result<Answers, DetectorError> {
        let (series, training_bars) = (draw.series(), draw.training_bars());
        match self {
            Self::BayesFilter => Ok(bayes_filter::answers(draw.parameters(), series)),
            Self::Forest => forest::answers(draw),
            Self::FixedRule => Ok(fixed_rule::answers(series)),
            Self::Hysteresis => hysteresis::answers(series, training_bars),
            Self::HiddenMarkov => hidden_states::answers(series, training_bars),
            Self::Jump => jump_states::answers(series, training_bars),
        }
    }
}

impl Knowledge {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Parameters => "true parameters",
            Self::TrainingTruth => "training truth",
            Self::Nothing => "nothing",
        }
    }
}

/// Why a detector gave no answers.
#[derive(Debug, thiserror::Error)]
pub enum DetectorError {
    /// Too few training bars for its inputs.
    #[error("the inputs need {needed} training bars, there are {bars}; draw more bars")]
    ShortTraining {
        /// Training bars.
        bars: usize,
        /// Bars until its inputs have a value.
        needed: usize,
    },
    /// The forest could not be grown.
    #[error(transparent)]
    Forest(#[from] trees::FitError),
    /// The hidden Markov model could not be fitted.
    #[error(transparent)]
    HiddenMarkov(#[from] HmmError),
    /// A jump model could not be fitted.
    #[error(transparent)]
    Jump(#[from] JumpError),
}
