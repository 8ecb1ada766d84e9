//! The labels that are states some bars ahead, as one type.

use std::sync::Arc;

use detectors::{GaussianHmm, HmmFilter, HmmFilterState, JumpFilter, JumpFilterState, JumpModel};
use market::{Bar, GapPolicy, Timeframe};
use serde::{Deserialize, Serialize};

use crate::smoothed_trend::SmoothedTrendRule;
use crate::trend_vol::TrendVolRule;

/// One of the rules, at the start of a segment or somewhere in it. A clone goes its own way.
#[derive(Debug, Clone)]
pub(crate) enum StateRule {
    TrendVol(TrendVolRule),
    SmoothedTrend(SmoothedTrendRule),
    /// The most probable state given the bars so far; never smoothed with later ones.
    Hmm(HmmFilter<Arc<GaussianHmm>>),
    /// The online assignment: where the cheapest path through the bars so far ends.
    Jump(JumpFilter<Arc<JumpModel>>),
}

/// What a rule remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateRuleState {
    TrendVol(TrendVolRule),
    SmoothedTrend(SmoothedTrendRule),
    Hmm(HmmFilterState),
    Jump(JumpFilterState),
}

impl StateRule {
    /// Takes the next bar; answers with the class once the rule is warm.
    pub(crate) fn update(&mut self, bar: &Bar) -> Option<u8> {
        match self {
            Self::TrendVol(rule) => rule.update(bar),
            Self::SmoothedTrend(rule) => rule.update(bar),
            Self::Hmm(filter) => filter.update_state(bar),
            Self::Jump(filter) => filter.update(bar),
        }
    }

    pub(crate) fn state(&self) -> StateRuleState {
        match self {
            Self::TrendVol(rule) => StateRuleState::TrendVol(rule.clone()),
            Self::SmoothedTrend(rule) => StateRuleState::SmoothedTrend(rule.clone()),
            Self::Hmm(filter) => StateRuleState::Hmm(filter.state().clone()),
            Self::Jump(filter) => StateRuleState::Jump(filter.state().clone()),
        }
    }

    /// The same rule with what another one remembered; none when that was of another kind.
    pub(crate) fn resume(self, state: StateRuleState, timeframe: Timeframe, gaps: GapPolicy) -> Option<Self> {
        Some(match (self, state) {
            (Self::TrendVol(_), StateRuleState::TrendVol(rule)) => Self::TrendVol(rule),
            (Self::SmoothedTrend(_), StateRuleState::SmoothedTrend(rule)) => Self::SmoothedTrend(rule),
            (Self::Hmm(filter), StateRuleState::Hmm(state)) => {
                Self::Hmm(HmmFilter::resume(Arc::clone(filter.model()), timeframe, gaps, state)?)
            }
            (Self::Jump(filter), StateRuleState::Jump(state)) => {
                Self::Jump(JumpFilter::resume(Arc::clone(filter.model()), timeframe, gaps, state)?)
            }
            _ => return None,
        })
    }
}
