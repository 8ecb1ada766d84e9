//! A definition that has learned what it has to learn.

use detectors::{GaussianHmm, HmmFilter, JumpFilter, JumpModel};
use market::{BarSeries, Classes};

use crate::label::{Label, LabelSeries};
use crate::smoothed_trend::{SmoothedTrendRule, TrendSettings};
use crate::spec::{LabelKind, LabelSpec};
use crate::state_rule::StateRule;
use crate::trend_vol::{Threshold, TrendVolRule};
use crate::triple_barrier::Barriers;
use crate::{forward_direction, state_ahead, volatility};

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
    Hmm(GaussianHmm),
    Jump(JumpModel),
    Provided(LabelSeries),
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
        let rule = self.state_rule(series)?;
        Some(state_ahead::frozen(series, self.spec.horizon, &rule))
    }

    fn labels(&self, series: &BarSeries) -> Vec<Option<Label>> {
        let spec = &self.spec;
        if let Some(rule) = self.state_rule(series) {
            return state_ahead::label(series, spec.horizon, &rule);
        }
        match (&self.fitted, spec.kind) {
            (Fitted::Provided(labels), _) => labels.labels.clone(),
            (_, LabelKind::TripleBarrier) => {
                let barriers = Barriers {
                    horizon: spec.horizon,
                    sigma_window: spec.sigma_window,
                    profit: spec.profit_barrier,
                    stop: spec.stop_barrier,
                };
                barriers.label(series)
            }
            (_, LabelKind::Volatility) => {
                let window = spec.resolved_median_window(series.timeframe());
                volatility::label(series, spec.horizon, window)
            }
            _ => forward_direction::label(series, spec.horizon, spec.k, spec.sigma_window),
        }
    }

    /// The rule at the start of a segment, for labels that are states some bars ahead.
    fn state_rule(&self, series: &BarSeries) -> Option<StateRule<'_>> {
        let spec = &self.spec;
        match (&self.fitted, spec.kind) {
            (Fitted::Hmm(model), _) => {
                Some(StateRule::Hmm(HmmFilter::new(model, series.timeframe(), series.gaps())))
            }
            (Fitted::Jump(model), _) => {
                Some(StateRule::Jump(JumpFilter::new(model, series.timeframe(), series.gaps())))
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
