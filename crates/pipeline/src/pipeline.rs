//! Features, members and their mean.

use std::collections::BTreeMap;
use std::sync::Arc;

use ensemble::{Calibration, Conformal, ConformalInterval};
use features::{FeatureSchema, FeatureSet, FeatureSpec, FeatureSpecError, FeatureTable, MissingInput};
use market::{BarSeries, Classes, GapPolicy, Timeframe};
use models::{FeatureView, FittedModel, ModelAnswer, PredictError};
use serde::{Deserialize, Serialize};
use tirex::Tirex;

use crate::answer::{Answer, Combination};
use crate::forecast_columns::{ForecastColumns, ForecastSpec, forecast_interval};

/// Weights above this are none: their sum may be no number.
const LARGEST_WEIGHT: f64 = 1e9;

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
    /// Forecasts that are features as well; none without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<ForecastSpec>,
    /// How the weighted mean of several members is corrected; each member's own correction is part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// Members that could not be trained, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing: BTreeMap<String, String>,
    /// What its forecast of the return has to be widened by to hold what comes at its stated rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast_interval: Option<ConformalInterval>,
    /// From which score on a class is outside the prediction set.
    pub conformal: Option<Conformal>,
}

impl Core {
    /// The columns that members see: those of its features, and forecasts behind them.
    pub(crate) fn schema(&self, features: &FeatureSet) -> FeatureSchema {
        let own = features.schema();
        self.forecast.as_ref().map_or_else(|| own.clone(), |forecast| forecast.schema_behind(own))
    }
}

/// One model of the ensemble.
#[derive(Debug)]
pub struct Member {
    /// Name, such as `lstm`.
    pub name: String,
    /// Weight before normalising.
    pub weight: f64,
    /// The model; several pipelines may share it.
    pub model: Arc<FittedModel>,
}

/// A working pipeline.
#[derive(Debug)]
pub struct Pipeline {
    core: Core,
    set: FeatureSet,
    forecast: Option<ForecastColumns>,
    /// Features, and forecasts behind them.
    schema: FeatureSchema,
    members: Vec<Member>,
    combination: Combination,
}

impl Pipeline {
    /// Puts features and members together; `forecaster` is the one whose weights the core's forecasts name.
    ///
    /// # Errors
    /// [`PipelineError`] when a feature is unknown, forecasts lack their forecaster, there is no member, or a weight is not
    /// above zero.
    pub fn new(
        core: Core,
        members: Vec<Member>,
        forecaster: Option<Arc<Tirex>>,
    ) -> Result<Self, PipelineError> {
        let set = FeatureSet::resolve(&core.features, core.timeframe)?;
        let forecast = match (&core.forecast, forecaster) {
            (None, _) => None,
            (Some(_), None) => return Err(PipelineError::Forecast("there is no forecaster".to_owned())),
            (Some(spec), Some(forecaster)) => Some(
                ForecastColumns::new(spec.clone(), forecaster, core.timeframe)
                    .map_err(PipelineError::Forecast)?,
            ),
        };
        let schema = core.schema(&set);
        if members.is_empty() {
            return Err(PipelineError::NoMembers);
        }
        for member in &members {
            if !(member.weight > 0.0 && member.weight <= LARGEST_WEIGHT) {
                return Err(PipelineError::Weight { name: member.name.clone(), weight: member.weight });
            }
            let description = member.model.describe();
            if description.n_features != schema.len() || description.n_classes != core.classes.len() {
                return Err(PipelineError::Shape { name: member.name.clone() });
            }
        }
        let k = core.classes.len();
        if core.calibration.as_ref().is_some_and(|fitted| !fitted.is_valid(k)) {
            return Err(PipelineError::Numbers("calibration"));
        }
        if core.conformal.as_ref().is_some_and(|fitted| !fitted.is_valid(k)) {
            return Err(PipelineError::Numbers("conformal thresholds"));
        }
        let is_share = |value: f64| value > 0.0 && value < 1.0;
        let is_usable =
            |interval: ConformalInterval| is_share(interval.coverage) && interval.margin.abs() < 1e6;
        if core.forecast_interval.is_some_and(|interval| !is_usable(interval)) {
            return Err(PipelineError::Numbers("forecast interval"));
        }
        let combination = Combination {
            weights: members.iter().map(|member| member.weight).collect(),
            calibration: core.calibration.clone(),
        };
        Ok(Self { core, set, forecast, schema, members, combination })
    }

    /// What its predictions have in common.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Its features.
    pub fn feature_set(&self) -> &FeatureSet {
        &self.set
    }

    /// Its forecasts, where it makes any.
    pub fn forecast_columns(&self) -> Option<&ForecastColumns> {
        self.forecast.as_ref()
    }

    /// The columns that members see: features, and forecasts behind them.
    pub fn schema(&self) -> &FeatureSchema {
        &self.schema
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
        self.schema.settled() + self.lookback() - 1
    }

    /// The features of every bar of a series, and forecasts where it makes any.
    ///
    /// # Errors
    /// [`ComputeError`] when the series does not carry what the features are computed from, or can't be forecast.
    pub fn compute_features(
        &self,
        series: &BarSeries,
        progress: impl FnMut(usize),
    ) -> Result<FeatureTable, ComputeError> {
        self.set.check(series)?;
        let table = FeatureTable::compute(&self.set, series, progress);
        let Some(forecast) = &self.forecast else { return Ok(table) };
        forecast.extend(table, series, None, &mut |_, _| true)?.ok_or(ComputeError::Ended)
    }

    /// The bars of a table that have enough past for an answer.
    pub fn answerable(&self, table: &FeatureTable) -> Vec<usize> {
        (0..table.len()).filter(|bar| table.is_usable(*bar, self.lookback())).collect()
    }

    /// Answers for `bars` (positions in the table, each with enough past), in their order. A member that can't answer for
    /// one is missing in that answer, with its reason.
    ///
    /// # Errors
    /// [`PredictError`] of the first member, when none can answer for a bar.
    pub fn answer(&self, table: &FeatureTable, bars: &[usize]) -> Result<Vec<Answer>, PredictError> {
        self.answer_rows(table.values(), bars)
    }

    /// Answers for rows of a row-major table `[n_rows, n_features]`, each of `ends` being the last row of a window of
    /// [`Pipeline::lookback`] rows.
    ///
    /// # Errors
    /// [`PredictError`] of the first member, when none can answer for a row.
    pub fn answer_rows(&self, values: &[f64], ends: &[usize]) -> Result<Vec<Answer>, PredictError> {
        let view = FeatureView { values, n_features: self.schema.len(), ends };
        let mut by_member: Vec<_> =
            self.members.iter().map(|member| rows_of(&member.model, &view).into_iter()).collect();
        let mut answers = Vec::with_capacity(ends.len());
        for &end in ends {
            let (mut said, mut first_fault) = (Vec::with_capacity(by_member.len()), None);
            for answer in by_member.iter_mut().filter_map(Iterator::next) {
                said.push(answer.map_err(|fault| {
                    let words = fault.to_string();
                    first_fault.get_or_insert(fault);
                    words
                }));
            }
            match (self.combine(said, view.row(end)), first_fault) {
                (Some(answer), _) => answers.push(answer),
                (None, Some(fault)) => return Err(fault),
                // There is a member, and it either answered or did not.
                (None, None) => {}
            }
        }
        Ok(answers)
    }

    /// What one member says of the last row of a window `[lookback, n_features]`.
    ///
    /// # Errors
    /// [`PredictError`] when it can't answer.
    ///
    /// # Panics
    /// When there is no such member.
    pub fn member_answer(&self, member: usize, window: &[f64]) -> Result<ModelAnswer, PredictError> {
        let end = window.len() / self.schema.len() - 1;
        let view = FeatureView { values: window, n_features: self.schema.len(), ends: &[end] };
        self.members[member].model.answer(&view).map(|mut answers| answers.remove(0))
    }

    /// One answer of what each member said of `row`, or why it said nothing; none when nobody did.
    pub fn combine(&self, said: Vec<Result<ModelAnswer, String>>, row: &[f64]) -> Option<Answer> {
        let answer = self.combination.combine(said)?;
        let forecast = self.forecast.as_ref().and_then(|_| forecast_interval(row));
        Some(Answer { forecast, ..answer })
    }
}

/// What a model says of every row; when it can't answer for some, those are told apart by asking one by one.
fn rows_of(model: &FittedModel, view: &FeatureView<'_>) -> Vec<Result<ModelAnswer, PredictError>> {
    match model.answer(view) {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(fault) if view.ends.len() == 1 => vec![Err(fault)],
        Err(_) => {
            let one = |end: &usize| {
                let alone = FeatureView { ends: std::slice::from_ref(end), ..*view };
                rows_of(model, &alone)
            };
            view.ends.iter().flat_map(one).collect()
        }
    }
}

/// Why there are no features.
#[derive(Debug, thiserror::Error)]
pub enum ComputeError {
    /// Something they are computed from.
    #[error(transparent)]
    Input(#[from] MissingInput),
    /// The forecaster refused.
    #[error(transparent)]
    Forecast(#[from] PredictError),
    /// Somebody ended the forecasts.
    #[error("forecasts were ended before they were done")]
    Ended,
}

/// Why parts do not make a pipeline.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PipelineError {
    /// Features.
    #[error(transparent)]
    Features(#[from] FeatureSpecError),
    /// Forecasts.
    #[error("forecast columns: {0}")]
    Forecast(String),
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
    /// Numbers of a correction or of thresholds that are none.
    #[error("its {0} are not usable numbers for its classes")]
    Numbers(&'static str),
    /// A model for other features or classes.
    #[error("{name} was trained on another number of features or classes")]
    Shape {
        /// Member.
        name: String,
    },
}
