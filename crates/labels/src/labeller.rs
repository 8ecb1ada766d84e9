//! A definition that has learned what it has to learn.

use std::sync::Arc;

use detectors::{GaussianHmm, HmmFilter, JumpFilter, JumpModel};
use market::{BarSeries, Classes, GapPolicy, Timeframe};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::definition::Definition;
use crate::error::LabelError;
use crate::forward_direction::ForwardDirection;
use crate::label::{Label, LabelSeries};
use crate::resolver::{Resolver, Rule};
use crate::smoothed_trend::{SmoothedTrendRule, TrendSettings};
use crate::spec::{LabelKind, LabelSpec};
use crate::state_ahead::{self, StateAhead};
use crate::state_rule::StateRule;
use crate::trend_vol::{Threshold, TrendVolRule};
use crate::triple_barrier::{Barriers, TripleBarrier};
use crate::volatility::VolatilityAhead;

/// A definition that can label any series.
#[derive(Debug, Clone)]
pub struct Labeller {
    pub(crate) spec: LabelSpec,
    pub(crate) classes: Classes,
    pub(crate) fitted: Fitted,
}

/// What was learned.
#[derive(Debug, Clone)]
pub(crate) enum Fitted {
    /// Nothing: the definition says it all.
    Fixed,
    Hmm(Arc<GaussianHmm>),
    Jump(Arc<JumpModel>),
    Provided(LabelSeries),
}

/// What a bundle carries so that outcomes can be known live: the definition, and the states where it learned some.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attachment {
    spec: LabelSpec,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hmm: Option<GaussianHmm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jump: Option<JumpModel>,
}

impl Labeller {
    /// The parameters.
    pub fn spec(&self) -> &LabelSpec {
        &self.spec
    }

    /// The classes that the labels refer to.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// What a bundle carries of it, for [`Labeller::from_attachment`].
    ///
    /// # Panics
    /// Never: it is JSON.
    pub fn attachment(&self) -> Value {
        let (hmm, jump) = match &self.fitted {
            Fitted::Hmm(model) => (Some(model.as_ref().clone()), None),
            Fitted::Jump(model) => (None, Some(model.as_ref().clone())),
            Fitted::Fixed | Fitted::Provided(_) => (None, None),
        };
        let attachment = Attachment { spec: self.spec.clone(), hmm, jump };
        serde_json::to_value(attachment).expect("an attachment is JSON")
    }

    /// The labeller that a bundle carries, for its `classes`.
    ///
    /// # Errors
    /// [`LabelError`] when it is damaged, when it should have learned states and has none, or when the label is a column of
    /// the user's file, which nobody can compute.
    pub fn from_attachment(attachment: &Value, classes: &Classes) -> Result<Self, LabelError> {
        let unreadable = |error: serde_json::Error| LabelError::Attachment(error.to_string());
        let Attachment { spec, hmm, jump } = Attachment::deserialize(attachment).map_err(unreadable)?;
        let fitted = match (spec.kind, hmm, jump) {
            (LabelKind::Provided, ..) => return Err(LabelError::NobodyKnows),
            (LabelKind::Hmm, Some(model), _) => Fitted::Hmm(Arc::new(model)),
            (LabelKind::Jump, _, Some(model)) => Fitted::Jump(Arc::new(model)),
            (LabelKind::Hmm | LabelKind::Jump, ..) => {
                return Err(LabelError::Attachment("it carries no fitted states; train it again".to_owned()));
            }
            _ => {
                Definition::new(&spec, None)?;
                Fitted::Fixed
            }
        };
        if spec.kind.classes().is_some_and(|own| own != *classes) {
            return Err(LabelError::Attachment("its classes are others than the bundle's".to_owned()));
        }
        Ok(Self { spec, classes: classes.clone(), fitted })
    }

    /// Labels every bar that has one. No label's future reaches over a breaking hole.
    pub fn label(&self, series: &BarSeries) -> LabelSeries {
        LabelSeries { classes: self.classes.clone(), labels: self.labels(series) }
    }

    /// The freeze-price projection: for each bar t the class that the label would take if the close stayed
    /// at its value of t for the next `horizon` bars (returns of zero, bars without range). It uses nothing
    /// after t and stands for every bar from the label's warm-up on, the newest included.
    ///
    /// None for kinds that are no states carried from bar to bar: with the price frozen a forward return or
    /// a barrier is always neutral and the volatility ahead always low, and nobody knows what makes a
    /// user's own label.
    ///
    /// A slow state scores high by this alone; whoever forecasts one has to beat it.
    pub fn frozen(&self, series: &BarSeries) -> Option<Vec<Option<u8>>> {
        let rule = self.state_rule(series.timeframe(), series.gaps())?;
        Some(state_ahead::frozen(series, self.spec.horizon, &rule))
    }

    /// Tells outcomes bar by bar, as they become known; none for a column of the user's file.
    pub fn resolver(&self, timeframe: Timeframe, gaps: GapPolicy) -> Option<Resolver> {
        let spec = &self.spec;
        let rule = match (self.state_rule(timeframe, gaps), spec.kind) {
            (Some(rule), _) => Rule::StateAhead(StateAhead::new(rule, spec.horizon)),
            (_, LabelKind::TripleBarrier) => Rule::TripleBarrier(TripleBarrier::new(Barriers {
                horizon: spec.horizon,
                sigma_window: spec.sigma_window,
                profit: spec.profit_barrier,
                stop: spec.stop_barrier,
            })),
            (_, LabelKind::Volatility) => {
                Rule::Volatility(VolatilityAhead::new(spec.horizon, spec.resolved_median_window(timeframe)))
            }
            (_, LabelKind::Provided) => return None,
            _ => Rule::ForwardDirection(ForwardDirection::new(spec.horizon, spec.k, spec.sigma_window)),
        };
        Some(Resolver::new(rule, timeframe, gaps))
    }

    fn labels(&self, series: &BarSeries) -> Vec<Option<Label>> {
        if let Fitted::Provided(labels) = &self.fitted {
            return labels.labels.clone();
        }
        let mut labels = vec![None; series.len()];
        let Some(mut resolver) = self.resolver(series.timeframe(), series.gaps()) else { return labels };
        for (place, bar) in series.bars().iter().enumerate() {
            for outcome in resolver.update(bar) {
                labels[place - outcome.bars_ago] = Some(outcome.label);
            }
        }
        labels
    }

    /// The rule at the start of a segment, for labels that are states some bars ahead.
    fn state_rule(&self, timeframe: Timeframe, gaps: GapPolicy) -> Option<StateRule> {
        let spec = &self.spec;
        match (&self.fitted, spec.kind) {
            (Fitted::Hmm(model), _) => {
                Some(StateRule::Hmm(HmmFilter::new(Arc::clone(model), timeframe, gaps)))
            }
            (Fitted::Jump(model), _) => {
                Some(StateRule::Jump(JumpFilter::new(Arc::clone(model), timeframe, gaps)))
            }
            (_, LabelKind::TrendVol) => {
                let threshold =
                    spec.fixed_threshold.map_or(Threshold::Scaled(spec.trend_threshold), Threshold::Fixed);
                Some(StateRule::TrendVol(TrendVolRule::new(
                    spec.trend_window,
                    spec.trend_reference,
                    threshold,
                )))
            }
            (_, LabelKind::SmoothedTrend) => {
                let settings = TrendSettings {
                    ema: spec.ema_window,
                    slope: spec.slope_window,
                    sigma: spec.slope_sigma_window,
                    enter: spec.enter,
                    leave: spec.leave,
                };
                Some(StateRule::SmoothedTrend(SmoothedTrendRule::new(settings)))
            }
            _ => None,
        }
    }
}
