//! Outcomes as they become known, bar by bar.

use market::{Bar, GapPolicy, Timeframe, Timestamp};
use serde::{Deserialize, Serialize};

use crate::forward_direction::ForwardDirection;
use crate::label::Label;
use crate::state_ahead::StateAhead;
use crate::state_rule::StateRuleState;
use crate::triple_barrier::TripleBarrier;
use crate::volatility::VolatilityAhead;

/// The label of an earlier bar, known since the newest one closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Open time of the bar that the label belongs to.
    pub at: Timestamp,
    /// How many bars before the newest it came.
    pub bars_ago: usize,
    /// Its class, and the bars that decided it.
    pub label: Label,
}

impl Outcome {
    pub(crate) fn new(at: Timestamp, bars_ago: usize, class: u8, [from, until]: [Timestamp; 2]) -> Self {
        Self { at, bars_ago, label: Label { class, from, until } }
    }
}

/// Takes the bars of one symbol as they close and answers with the labels that each of them decides. The labels of a whole
/// series are made by it, so live outcomes are the trainer's.
#[derive(Debug, Clone)]
pub struct Resolver {
    fresh: Rule,
    rule: Rule,
    timeframe: Timeframe,
    gaps: GapPolicy,
    previous: Option<Bar>,
}

/// One definition at work within a segment.
#[derive(Debug, Clone)]
pub(crate) enum Rule {
    StateAhead(StateAhead),
    TripleBarrier(TripleBarrier),
    Volatility(VolatilityAhead),
    ForwardDirection(ForwardDirection),
}

/// What a resolver remembers of the bars it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolverState {
    previous: Option<Bar>,
    rule: RuleState,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RuleState {
    StateAhead { times: Vec<Timestamp>, rule: StateRuleState },
    TripleBarrier(TripleBarrier),
    Volatility(VolatilityAhead),
    ForwardDirection(ForwardDirection),
}

impl Resolver {
    pub(crate) fn new(rule: Rule, timeframe: Timeframe, gaps: GapPolicy) -> Self {
        Self { fresh: rule.clone(), rule, timeframe, gaps, previous: None }
    }

    /// Takes the next closed bar; the outcomes that are known with it, oldest first. Bars before a breaking hole whose outcome
    /// is not known yet never have one.
    pub fn update(&mut self, bar: &Bar) -> Vec<Outcome> {
        if self.previous.is_some_and(|previous| self.gaps.breaks(&previous, bar, self.timeframe)) {
            self.rule = self.fresh.clone();
        }
        self.previous = Some(*bar);
        let mut resolved = Vec::new();
        match &mut self.rule {
            Rule::StateAhead(rule) => rule.update(bar, &mut resolved),
            Rule::TripleBarrier(rule) => rule.update(bar, &mut resolved),
            Rule::Volatility(rule) => rule.update(bar, &mut resolved),
            Rule::ForwardDirection(rule) => rule.update(bar, &mut resolved),
        }
        resolved
    }

    /// What it remembers.
    pub fn state(&self) -> ResolverState {
        let rule = match &self.rule {
            Rule::StateAhead(ahead) => RuleState::StateAhead {
                times: ahead.times.iter().copied().collect(),
                rule: ahead.rule.state(),
            },
            Rule::TripleBarrier(rule) => RuleState::TripleBarrier(rule.clone()),
            Rule::Volatility(rule) => RuleState::Volatility(rule.clone()),
            Rule::ForwardDirection(rule) => RuleState::ForwardDirection(rule.clone()),
        };
        ResolverState { previous: self.previous, rule }
    }

    /// The same definition with what another resolver of it remembered; none when that was of another definition.
    #[must_use]
    pub fn resume(self, state: ResolverState) -> Option<Self> {
        let rule = match (self.fresh.clone(), state.rule) {
            (Rule::StateAhead(ahead), RuleState::StateAhead { times, rule }) => {
                Rule::StateAhead(StateAhead {
                    rule: ahead.rule.resume(rule, self.timeframe, self.gaps)?,
                    horizon: ahead.horizon,
                    times: if times.len() > ahead.horizon { return None } else { times.into() },
                })
            }
            (Rule::TripleBarrier(fresh), RuleState::TripleBarrier(rule)) if fresh.same_as(&rule) => {
                Rule::TripleBarrier(rule)
            }
            (Rule::Volatility(fresh), RuleState::Volatility(rule)) if fresh.same_as(&rule) => {
                Rule::Volatility(rule)
            }
            (Rule::ForwardDirection(fresh), RuleState::ForwardDirection(rule)) if fresh.same_as(&rule) => {
                Rule::ForwardDirection(rule)
            }
            _ => return None,
        };
        Some(Self { rule, previous: state.previous, ..self })
    }
}
