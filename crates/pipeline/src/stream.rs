//! The pipeline fed one bar at a time.

use std::sync::Arc;

use features::FeatureEngine;
use market::Bar;
use models::PredictError;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::forecast_columns::ForecastStream;
use crate::pipeline::Pipeline;

/// The live form of a [`Pipeline`] for one symbol: same features, same members, same numbers.
#[derive(Debug, Clone)]
pub struct PipelineStream {
    pipeline: Arc<Pipeline>,
    state: StreamState,
}

/// All that a stream remembers of the bars it took. One that goes on from it gives the same numbers, bit for bit, as one that
/// was never stopped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamState {
    engine: FeatureEngine,
    forecast: ForecastStream,
    /// The newest rows, at most twice the lookback, row-major.
    rows: Vec<f64>,
    /// Bars since the start of the segment.
    bars_seen: usize,
}

impl PipelineStream {
    /// A stream at the start of a series.
    pub fn new(pipeline: Arc<Pipeline>) -> Self {
        let engine = FeatureEngine::new(pipeline.feature_set(), pipeline.core().gaps);
        let state = StreamState { engine, forecast: ForecastStream::new(), rows: Vec::new(), bars_seen: 0 };
        Self { pipeline, state }
    }

    /// A stream that goes on from what another one of such a pipeline remembered.
    ///
    /// # Errors
    /// [`ResumeError`] when the state is of other features, other gaps or another lookback, or holds what is no number.
    pub fn resume(pipeline: Arc<Pipeline>, state: StreamState) -> Result<Self, ResumeError> {
        let fresh = FeatureEngine::new(pipeline.feature_set(), pipeline.core().gaps);
        let same_features =
            fresh.schema().hash() == state.engine.schema().hash() && fresh.gaps() == state.engine.gaps();
        let width = pipeline.schema().len();
        let fits = state.rows.len().is_multiple_of(width)
            && state.rows.len() <= 2 * pipeline.lookback() * width
            && state.forecast.fits(pipeline.forecast_columns());
        if !(same_features && fits) {
            return Err(ResumeError::OtherPipeline);
        }
        if !state.rows.iter().all(|value| value.is_finite()) {
            return Err(ResumeError::Damaged);
        }
        Ok(Self { pipeline, state })
    }

    /// What it remembers.
    pub fn state(&self) -> &StreamState {
        &self.state
    }

    /// The pipeline that it feeds.
    pub fn pipeline(&self) -> &Arc<Pipeline> {
        &self.pipeline
    }

    /// The newest bar it took.
    pub fn newest(&self) -> Option<&Bar> {
        self.state.engine.newest()
    }

    /// The rows that members answered from at the newest bar; none where there was no answer.
    pub fn window(&self) -> Option<&[f64]> {
        let (lookback, width) = (self.pipeline.lookback(), self.pipeline.schema().len());
        let StreamState { rows, bars_seen, .. } = &self.state;
        let is_ready = *bars_seen >= self.pipeline.required_bars() && rows.len() >= lookback * width;
        is_ready.then(|| &rows[rows.len() - lookback * width..])
    }

    /// Bars that are still missing until the first answer of this segment.
    pub fn missing_bars(&self) -> usize {
        self.pipeline.required_bars().saturating_sub(self.state.bars_seen)
    }

    /// Takes the next closed bar; answers once [`Pipeline::required_bars`] bars have come since the start
    /// or the last breaking hole.
    ///
    /// # Errors
    /// [`StreamError`] when no member can answer, or when the features look at other symbols.
    pub fn update(&mut self, bar: &Bar) -> Result<Option<Answer>, StreamError> {
        self.update_with(bar, &[])
    }

    /// [`PipelineStream::update`] with, for each of [`features::FeatureSet::references`], the close of its newest
    /// bar that had closed when this one did.
    ///
    /// # Errors
    /// [`StreamError`] when no member can answer, or when the closes are not those that the features
    /// need; then the bar was not taken.
    pub fn update_with(&mut self, bar: &Bar, references: &[f64]) -> Result<Option<Answer>, StreamError> {
        let pipeline = Arc::clone(&self.pipeline);
        let Some(window) = self.advance(bar, references)? else { return Ok(None) };
        Ok(pipeline.answer_rows(window, &[pipeline.lookback() - 1])?.pop())
    }

    /// Takes the next closed bar and asks nobody: the rows `[lookback, n_features]` that members answer from, once there are
    /// enough of them.
    ///
    /// # Errors
    /// [`StreamError`] when the closes are not those that the features need; then the bar was not taken.
    pub fn advance(&mut self, bar: &Bar, references: &[f64]) -> Result<Option<&[f64]>, StreamError> {
        let needed = self.pipeline.feature_set().references();
        if needed.len() != references.len() {
            return Err(StreamError::References { needed: needed.to_vec(), given: references.len() });
        }
        let is_price = |close: &f64| close.is_finite() && *close > 0.0;
        if let Some(place) = references.iter().position(|close| !is_price(close)) {
            return Err(StreamError::Close { reference: needed[place].clone(), close: references[place] });
        }
        self.pipeline.feature_set().check_bars(std::slice::from_ref(bar))?;
        let (lookback, width) = (self.pipeline.lookback(), self.pipeline.schema().len());
        let StreamState { engine, forecast, rows, bars_seen } = &mut self.state;
        let row = engine.update_with(bar, references);
        *bars_seen = row.bars_seen;
        let forecast = match self.pipeline.forecast_columns() {
            Some(columns) => forecast.update(columns, bar, *bars_seen)?.map(|values| values.to_vec()),
            None => Some(Vec::new()),
        };
        let (Some(values), Some(forecast)) = (row.settled(), forecast) else {
            rows.clear();
            return Ok(None);
        };
        if rows.len() == 2 * lookback * width {
            rows.drain(..lookback * width);
        }
        rows.extend_from_slice(values);
        rows.extend(forecast);
        Ok(self.window())
    }
}

/// Why a bar has no answer.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// No member can answer.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// The bar lacks what the features are computed from.
    #[error(transparent)]
    Bar(#[from] features::MissingField),
    /// Not one close for each reference.
    #[error(
        "the features look at {needed:?}, but {given} closes were given; give one close of each, in this order"
    )]
    References {
        /// Symbols in order.
        needed: Vec<String>,
        /// How many closes came.
        given: usize,
    },
    /// A close that is no price.
    #[error("the close of {reference} is {close}; give the close of its newest closed bar")]
    Close {
        /// Symbol.
        reference: String,
        /// As given.
        close: f64,
    },
}

/// Why a stream can't go on from a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResumeError {
    /// Of other features, gaps or another lookback.
    #[error("the state belongs to other features or another lookback than the model's")]
    OtherPipeline,
    /// Not finite.
    #[error("the state holds values that are no numbers")]
    Damaged,
}
