//! The pipeline fed one bar at a time.

use features::FeatureEngine;
use market::Bar;
use models::PredictError;

use crate::answer::Answer;
use crate::pipeline::Pipeline;

/// The live form of a [`Pipeline`] for one symbol: same features, same members, same numbers.
#[derive(Debug)]
pub struct PipelineStream<'p> {
    pipeline: &'p Pipeline,
    engine: FeatureEngine,
    /// The newest rows, at most twice the lookback, row-major.
    rows: Vec<f64>,
}

impl Pipeline {
    /// A stream at the start of a series.
    pub fn stream(&self) -> PipelineStream<'_> {
        let engine = FeatureEngine::new(self.feature_set(), self.core().gaps);
        PipelineStream { pipeline: self, engine, rows: Vec::new() }
    }
}

impl PipelineStream<'_> {
    /// Takes the next closed bar; answers once [`Pipeline::required_bars`] bars have come since the start
    /// or the last breaking hole.
    ///
    /// # Errors
    /// [`PredictError`] of the first member that can't answer.
    pub fn update(&mut self, bar: &Bar) -> Result<Option<Answer>, PredictError> {
        let lookback = self.pipeline.lookback();
        let width = self.engine.schema().len();
        let row = self.engine.update(bar);
        let bars_seen = row.bars_seen;
        let Some(values) = row.settled() else {
            self.rows.clear();
            return Ok(None);
        };
        if self.rows.len() == 2 * lookback * width {
            self.rows.drain(..lookback * width);
        }
        self.rows.extend_from_slice(values);
        if bars_seen < self.pipeline.required_bars() {
            return Ok(None);
        }
        let last = self.rows.len() / width - 1;
        let start = (last + 1 - lookback) * width;
        Ok(self.pipeline.answer_rows(&self.rows[start..], &[lookback - 1])?.pop())
    }
}
