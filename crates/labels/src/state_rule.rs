//! The labels that are states some bars ahead, as one type.

use detectors::{HmmFilter, JumpFilter};
use market::Bar;

use crate::smoothed_trend::SmoothedTrendRule;
use crate::state_ahead::Recursion;
use crate::trend_vol::TrendVolRule;

/// One of the rules, at the start of a segment or somewhere in it.
#[derive(Debug, Clone)]
pub(crate) enum StateRule<'a> {
    TrendVol(TrendVolRule),
    SmoothedTrend(SmoothedTrendRule),
    Hmm(HmmFilter<'a>),
    Jump(JumpFilter<'a>),
}

impl Recursion for StateRule<'_> {
    fn update(&mut self, bar: &Bar) -> Option<u8> {
        match self {
            Self::TrendVol(rule) => rule.update(bar),
            Self::SmoothedTrend(rule) => rule.update(bar),
            Self::Hmm(rule) => Recursion::update(rule, bar),
            Self::Jump(rule) => Recursion::update(rule, bar),
        }
    }
}
