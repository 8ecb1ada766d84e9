//! From a spec to labels: some definitions are fixed, some are fitted on the past first.

use detectors::{GaussianHmm, HmmConfig, HmmError};
use market::{BarSeries, Classes, ClassesError, Timestamp};

use crate::label::LabelSeries;
use crate::provided::ProvidedColumns;
use crate::spec::{LabelKind, LabelSpec};
use crate::{forward_direction, hidden_states, provided, volatility};

/// A checked label definition, before anything is fitted.
#[derive(Debug, Clone)]
pub struct Definition {
    spec: LabelSpec,
    columns: Option<ProvidedColumns>,
}

/// A definition that can label any series: what it has to learn, it has learned.
#[derive(Debug, Clone)]
pub struct Labeller {
    spec: LabelSpec,
    fitted: Fitted,
}

#[derive(Debug, Clone)]
enum Fitted {
    Fixed,
    Hmm(GaussianHmm),
    Provided(LabelSeries),
}

impl Definition {
    /// Checks the parameters. `columns` are the texts of the user's own label columns, for `provided`.
    ///
    /// # Errors
    /// [`LabelError`] names the parameter that makes no sense.
    pub fn new(spec: &LabelSpec, columns: Option<ProvidedColumns>) -> Result<Self, LabelError> {
        let at_least = |name, value: usize, least: usize| {
            if value < least { Err(LabelError::TooSmall { name, value, least }) } else { Ok(()) }
        };
        at_least("horizon", spec.horizon, 1)?;
        match spec.kind {
            LabelKind::ForwardDirection => {
                at_least("sigma_window", spec.sigma_window, 2)?;
                if !(spec.k.is_finite() && spec.k >= 0.0) {
                    return Err(LabelError::BandWidth(spec.k));
                }
            }
            LabelKind::Volatility => {
                if let Some(window) = spec.median_window {
                    at_least("median_window", window, 1)?;
                }
            }
            LabelKind::Hmm => {
                at_least("states", spec.states, 2)?;
                if spec.states > 10 {
                    return Err(LabelError::TooManyStates(spec.states));
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
        matches!(self.spec.kind, LabelKind::Hmm)
    }

    /// Learns what there is to learn from the bars before `end` (exclusive) only.
    ///
    /// # Errors
    /// [`LabelError`] when a detector can't be fitted or the user's columns are no labels.
    pub fn fit(&self, series: &BarSeries, end: usize) -> Result<Labeller, LabelError> {
        let fitted = match (self.spec.kind, &self.columns) {
            (LabelKind::Hmm, _) => {
                let config = HmmConfig { states: self.spec.states, ..HmmConfig::default() };
                Fitted::Hmm(GaussianHmm::fit(series, end, &config)?)
            }
            (LabelKind::Provided, Some(columns)) => {
                let (classes, labels) = provided::label(series, columns)?;
                Fitted::Provided(LabelSeries { classes, labels })
            }
            (LabelKind::Provided, None) => return Err(LabelError::ColumnsMissing),
            (LabelKind::ForwardDirection | LabelKind::Volatility, _) => Fitted::Fixed,
        };
        Ok(Labeller { spec: self.spec.clone(), fitted })
    }
}

impl Labeller {
    /// Labels every bar that has one. No label's future reaches over a breaking hole.
    pub fn label(&self, series: &BarSeries) -> LabelSeries {
        let spec = &self.spec;
        match &self.fitted {
            Fitted::Provided(labels) => labels.clone(),
            Fitted::Hmm(model) => LabelSeries {
                classes: hidden_states::classes(model.n_states()),
                labels: hidden_states::label(series, spec.horizon, model),
            },
            Fitted::Fixed if spec.kind == LabelKind::Volatility => LabelSeries {
                classes: Classes::volatility(),
                labels: volatility::label(
                    series,
                    spec.horizon,
                    spec.resolved_median_window(series.timeframe()),
                ),
            },
            Fitted::Fixed => LabelSeries {
                classes: Classes::direction(),
                labels: forward_direction::label(series, spec.horizon, spec.k, spec.sigma_window),
            },
        }
    }
}

/// Why there are no labels.
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
    /// Not a width.
    #[error("label.k is {0}; it must be a finite number, zero or more")]
    BandWidth(f64),
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
    /// The user's class names.
    #[error("label.column: {0}")]
    Classes(#[from] ClassesError),
    /// The hidden Markov model.
    #[error(transparent)]
    Hmm(#[from] HmmError),
}
