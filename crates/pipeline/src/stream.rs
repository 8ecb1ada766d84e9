//! The pipeline fed one bar at a time.

use features::FeatureEngine;
use market::Bar;
use models::PredictError;

use crate::answer::Answer;
use crate::forecast_columns::ForecastStream;
use crate::pipeline::Pipeline;

/// The live form of a [`Pipeline`] for one symbol: same features, same members, same numbers.
#[derive(Debug)]
pub struct PipelineStream<'p> {
    pipeline: &'p Pipeline,
    engine: FeatureEngine,
    forecast: ForecastStream,
    /// The newest rows, at most twice the lookback, row-major.
    rows: Vec<f64>,
}

impl Pipeline {
    /// A stream at the start of a series.
    pub fn stream(&self) -> PipelineStream<'_> {
        let engine = FeatureEngine::new(self.feature_set(), self.core().gaps);
        PipelineStream { pipeline: self, engine, forecast: ForecastStream::new(), rows: Vec::new() }
    }
}

impl PipelineStream<'_> {
    /// Takes the next closed bar; answers once [`Pipeline::required_bars`] bars have come since the start
    /// or the last breaking hole.
    ///
    /// # Errors
    /// [`StreamError`] when the first member can't answer, or when the features look at other symbols.
    pub fn update(&mut self, bar: &Bar) -> Result<Option<Answer>, StreamError> {
        self.update_with(bar, &[])
    }

    /// [`PipelineStream::update`] with, for each of [`features::FeatureSet::references`], the close of its newest
    /// bar that had closed when this one did.
    ///
    /// # Errors
    /// [`StreamError`] when the first member can't answer, or when the closes are not those that the features
    /// need; then the bar was not taken.
    pub fn update_with(&mut self, bar: &Bar, references: &[f64]) -> Result<Option<Answer>, StreamError> {
        let needed = self.pipeline.feature_set().references();
        if needed.len() != references.len() {
            return Err(StreamError::References { needed: needed.to_vec(), given: references.len() });
        }
        let is_price = |close: &f64| close.is_finite() && *close > 0.0;
        if let Some(place) = references.iter().position(|close| !is_price(close)) {
            return Err(StreamError::Close { reference: needed[place].clone(), close: references[place] });
        }
        self.pipeline.feature_set().check_bars(std::slice::from_ref(bar))?;
        let lookback = self.pipeline.lookback();
        let width = self.pipeline.schema().len();
        let row = self.engine.update_with(bar, references);
        let bars_seen = row.bars_seen;
        let forecast = match self.pipeline.forecast_columns() {
            Some(columns) => self.forecast.update(columns, bar, bars_seen)?.map(|values| values.to_vec()),
            None => Some(Vec::new()),
        };
        let (Some(values), Some(forecast)) = (row.settled(), forecast) else {
            self.rows.clear();
            return Ok(None);
        };
        if self.rows.len() == 2 * lookback * width {
            self.rows.drain(..lookback * width);
        }
        self.rows.extend_from_slice(values);
        self.rows.extend(forecast);
        if bars_seen < self.pipeline.required_bars() || self.rows.len() < lookback * width {
            return Ok(None);
        }
        let last = self.rows.len() / width - 1;
        let start = (last + 1 - lookback) * width;
        Ok(self.pipeline.answer_rows(&self.rows[start..], &[lookback - 1])?.pop())
    }
}

/// Why a bar has no answer.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// A member can't answer.
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
