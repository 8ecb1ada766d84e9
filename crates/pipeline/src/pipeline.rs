//! Features, members and their mean.

use features::{FeatureSet, FeatureSpec, FeatureSpecError, FeatureTable, MissingInput};
use market::{BarSeries, Classes, GapPolicy, Timeframe};
use models::{FeatureView, FittedModel, PredictError};
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::bundle::ConformalThreshold;

/// What every prediction of a pipeline has in common: the typed part of a bundle's manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Core {
    /// Classes in the order of the probabilities.
    pub classes: Classes,
    /// How many bars ahead it looks.
    pub horizon: usize,
    /// Length of the bars it was trained on.
    pub timeframe: Timeframe,
    /// After which holes its state restarts.
    pub gaps: GapPolicy,
    /// Its features.
    pub features: FeatureSpec,
    /// From which score on a class is outside the prediction set.
    pub conformal: Option<ConformalThreshold>,
}

/// One model of the ensemble.
#[derive(Debug)]
pub struct Member {
    /// Name, such as `lstm`.
    pub name: String,
    /// Weight before normalising.
    pub weight: f64,
    /// The model.
    pub model: FittedModel,
}

/// A working pipeline.
#[derive(Debug)]
pub struct Pipeline {
    core: Core,
    set: FeatureSet,
    members: Vec<Member>,
}

impl Pipeline {
    /// Puts features and members together.
    ///
    /// # Errors
    /// [`PipelineError`] when a feature is unknown, there is no member, or a weight is not above zero.
    pub fn new(core: Core, members: Vec<Member>) -> Result<Self, PipelineError> {
        let set = FeatureSet::resolve(&core.features, core.timeframe)?;
        if members.is_empty() {
            return Err(PipelineError::NoMembers);
        }
        for member in &members {
            if !(member.weight.is_finite() && member.weight > 0.0) {
                return Err(PipelineError::Weight { name: member.name.clone(), weight: member.weight });
            }
            let description = member.model.describe();
            if description.n_features != set.schema().len() || description.n_classes != core.classes.len() {
                return Err(PipelineError::Shape { name: member.name.clone() });
            }
        }
        Ok(Self { core, set, members })
    }

    /// What its predictions have in common.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Its features.
    pub fn feature_set(&self) -> &FeatureSet {
        &self.set
    }

    /// Its members.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Rows that the member with the longest memory looks at.
    pub fn lookback(&self) -> usize {
        self.members.iter().map(|member| member.model.lookback()).max().unwrap_or(1)
    }

    /// Bars without a breaking hole until the first prediction.
    pub fn required_bars(&self) -> usize {
        self.set.schema().settled() + self.lookback() - 1
    }

    /// The features of every bar of a series.
    ///
    /// # Errors
    /// [`MissingInput`] when the series does not carry what the features are computed from.
    pub fn compute_features(
        &self,
        series: &BarSeries,
        progress: impl FnMut(usize),
    ) -> Result<FeatureTable, MissingInput> {
        self.set.check(series)?;
        Ok(FeatureTable::compute(&self.set, series, progress))
    }

    /// The bars of a table that have enough past for an answer.
    pub fn answerable(&self, table: &FeatureTable) -> Vec<usize> {
        (0..table.len()).filter(|bar| table.is_usable(*bar, self.lookback())).collect()
    }

    /// Answers for `bars` (positions in the table, each with enough past), in their order.
    ///
    /// # Errors
    /// [`PredictError`] of the first member that can't answer.
    pub fn answer(&self, table: &FeatureTable, bars: &[usize]) -> Result<Vec<Answer>, PredictError> {
        self.answer_rows(table.values(), bars)
    }

    /// Answers for rows of a row-major table `[n_rows, n_features]`.
    pub(crate) fn answer_rows(&self, values: &[f64], ends: &[usize]) -> Result<Vec<Answer>, PredictError> {
        let view = FeatureView { values, n_features: self.set.schema().len(), ends };
        let mut by_member = Vec::with_capacity(self.members.len());
        for member in &self.members {
            by_member.push(member.model.predict(&view)?.into_iter());
        }
        Ok(ends
            .iter()
            .map(|_| {
                let answers = by_member.iter_mut().filter_map(Iterator::next).collect();
                Answer::combine(&self.members, answers)
            })
            .collect())
    }
}

/// Why parts do not make a pipeline.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PipelineError {
    /// Features.
    #[error(transparent)]
    Features(#[from] FeatureSpecError),
    /// No model.
    #[error("a pipeline needs at least one model")]
    NoMembers,
    /// A weight that is no weight.
    #[error("the weight of {name} is {weight}; it must be above zero")]
    Weight {
        /// Member.
        name: String,
        /// As given.
        weight: f64,
    },
    /// A model for other features or classes.
    #[error("{name} was trained on another number of features or classes")]
    Shape {
        /// Member.
        name: String,
    },
}
