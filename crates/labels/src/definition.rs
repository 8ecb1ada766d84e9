//! From a spec to labels: some definitions are fixed, some are fitted on the past first.

use std::sync::Arc;

use detectors::{GaussianHmm, HmmConfig, JumpConfig, JumpModel};
use market::{BarSeries, Classes, Taxonomy};

use crate::error::LabelError;
use crate::label::LabelSeries;
use crate::labeller::{Fitted, Labeller};
use crate::provided::{self, ProvidedColumns};
use crate::spec::{LabelKind, LabelSpec};

/// States that can be told apart.
const MOST_STATES: usize = 10;

/// A checked label definition, before anything is fitted.
#[derive(Debug, Clone)]
pub struct Definition {
    spec: LabelSpec,
    columns: Option<ProvidedColumns>,
}

impl Definition {
    /// Checks the parameters. `columns` are the texts of the user's own label columns, for `provided`.
    ///
    /// # Errors
    /// [`LabelError`] names the parameter that makes no sense.
    pub fn new(spec: &LabelSpec, columns: Option<ProvidedColumns>) -> Result<Self, LabelError> {
        at_least("horizon", spec.horizon, 1)?;
        match spec.kind {
            LabelKind::ForwardDirection => {
                at_least("sigma_window", spec.sigma_window, 2)?;
                number("k", spec.k, spec.k >= 0.0, "zero or more")?;
            }
            LabelKind::TripleBarrier => {
                at_least("sigma_window", spec.sigma_window, 2)?;
                number("profit_barrier", spec.profit_barrier, spec.profit_barrier > 0.0, "above zero")?;
                number("stop_barrier", spec.stop_barrier, spec.stop_barrier > 0.0, "above zero")?;
            }
            LabelKind::TrendVol => {
                at_least("trend_window", spec.trend_window, 2)?;
                at_least("trend_reference", spec.trend_reference, spec.trend_window)?;
                number("trend_threshold", spec.trend_threshold, spec.trend_threshold >= 0.0, "zero or more")?;
                if let Some(fixed) = spec.fixed_threshold {
                    number("fixed_threshold", fixed, fixed >= 0.0, "zero or more")?;
                }
            }
            LabelKind::Volatility => {
                if let Some(window) = spec.median_window {
                    at_least("median_window", window, 1)?;
                }
            }
            LabelKind::SmoothedTrend => {
                at_least("ema_window", spec.ema_window, 1)?;
                at_least("slope_window", spec.slope_window, 1)?;
                at_least("slope_sigma_window", spec.slope_sigma_window, 2)?;
                number("enter", spec.enter, spec.enter > 0.0, "above zero")?;
                let inside = (0.0..=spec.enter).contains(&spec.leave);
                number("leave", spec.leave, inside, "zero or more and not above label.enter")?;
            }
            LabelKind::Hmm | LabelKind::Jump => {
                at_least("states", spec.states, 2)?;
                if spec.states > MOST_STATES {
                    return Err(LabelError::TooManyStates(spec.states));
                }
                if spec.kind == LabelKind::Jump {
                    number("jump_penalty", spec.jump_penalty, spec.jump_penalty >= 0.0, "zero or more")?;
                }
            }
            LabelKind::Provided => {
                if spec.column.is_none() || spec.until_column.is_none() || columns.is_none() {
                    return Err(LabelError::ColumnsMissing);
                }
            }
        }
        Ok(Self { spec: spec.clone(), columns })
    }

    /// The parameters.
    pub fn spec(&self) -> &LabelSpec {
        &self.spec
    }

    /// True when [`Definition::fit`] learns from the bars it is given, so that each fold needs its own.
    pub fn is_fitted_on_data(&self) -> bool {
        self.spec.kind.is_fitted_on_data()
    }

    /// Learns what there is to learn from the bars before `end` (exclusive) only.
    ///
    /// # Errors
    /// [`LabelError`] when a detector can't be fitted or the user's columns are no labels.
    pub fn fit(&self, series: &BarSeries, end: usize) -> Result<Labeller, LabelError> {
        let spec = self.spec.clone();
        if let Some(classes) = spec.kind.classes() {
            return Ok(Labeller { spec, classes, fitted: Fitted::Fixed });
        }
        let (classes, fitted) = match spec.kind {
            LabelKind::Hmm => {
                let config = HmmConfig { states: spec.states, ..HmmConfig::default() };
                let model = GaussianHmm::fit(series, end, &config)?;
                (states(model.state_names())?, Fitted::Hmm(Arc::new(model)))
            }
            LabelKind::Jump => {
                let config =
                    JumpConfig { states: spec.states, penalty: spec.jump_penalty, ..JumpConfig::default() };
                let model = JumpModel::fit(series, end, &config)?;
                (states(model.state_names())?, Fitted::Jump(Arc::new(model)))
            }
            _ => {
                let columns = self.columns.as_ref().ok_or(LabelError::ColumnsMissing)?;
                let (classes, labels) = provided::label(series, columns, self.spec.classes.as_deref())?;
                (classes.clone(), Fitted::Provided(LabelSeries { classes, labels }))
            }
        };
        Ok(Labeller { spec, classes, fitted })
    }

    /// [`Definition::fit`] with the identity of the `earlier` fit's states: each new state takes the class
    /// and the name of the earlier one that it is closest to (least sum of squared distances over all
    /// states). Without it two fits order and name their states each by itself, and where two states are
    /// about equally volatile class 1 of one may be class 2 of the other. Kinds that learn nothing are
    /// fitted as ever.
    ///
    /// Use the fit before the first test block as the earlier one for all others: it knows nothing that
    /// they may not know.
    ///
    /// # Errors
    /// As [`Definition::fit`]; [`LabelError::OtherKind`] or [`LabelError::Match`] when the earlier fit is
    /// of another definition.
    pub fn refit(&self, series: &BarSeries, end: usize, earlier: &Labeller) -> Result<Labeller, LabelError> {
        if earlier.spec.kind != self.spec.kind {
            return Err(LabelError::OtherKind { ours: self.spec.kind, earlier: earlier.spec.kind });
        }
        let labeller = self.fit(series, end)?;
        let fitted = match (labeller.fitted, &earlier.fitted) {
            (Fitted::Hmm(model), Fitted::Hmm(earlier)) => {
                Fitted::Hmm(Arc::new(Arc::unwrap_or_clone(model).matched_to(earlier)?))
            }
            (Fitted::Jump(model), Fitted::Jump(earlier)) => {
                Fitted::Jump(Arc::new(Arc::unwrap_or_clone(model).matched_to(earlier)?))
            }
            (fitted, _) => return Ok(Labeller { fitted, ..labeller }),
        };
        Ok(Labeller { fitted, classes: earlier.classes.clone(), spec: labeller.spec })
    }
}

fn at_least(name: &'static str, value: usize, least: usize) -> Result<(), LabelError> {
    if value < least { Err(LabelError::TooSmall { name, value, least }) } else { Ok(()) }
}

fn number(name: &'static str, value: f64, fits: bool, needs: &'static str) -> Result<(), LabelError> {
    if value.is_finite() && fits { Ok(()) } else { Err(LabelError::Number { name, value, needs }) }
}

fn states(names: Vec<String>) -> Result<Classes, LabelError> {
    Ok(Classes::new(Taxonomy::States, names)?)
}
