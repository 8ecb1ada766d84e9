//! Feature rows of a whole series.

use market::BarSeries;

use crate::engine::FeatureEngine;
use crate::schema::FeatureSchema;
use crate::sets::FeatureSet;

/// The features of every bar of a series: the fold of [`FeatureEngine::update`] over it.
#[derive(Debug, Clone)]
pub struct FeatureTable {
    schema: FeatureSchema,
    /// Row-major `[n_bars, n_features]`.
    values: Vec<f64>,
    /// For each bar, bars since the start of its segment, itself included.
    bars_seen: Vec<u32>,
}

impl FeatureTable {
    /// Computes every row; `progress` hears the number of bars done every few thousand bars.
    pub fn compute(set: &FeatureSet, series: &BarSeries, mut progress: impl FnMut(usize)) -> Self {
        let schema = set.schema().clone();
        let mut engine = FeatureEngine::new(set, series.timeframe(), series.gaps());
        let mut values = Vec::with_capacity(series.len() * schema.len());
        let mut bars_seen = Vec::with_capacity(series.len());
        for (index, bar) in series.bars().iter().enumerate() {
            let row = engine.update(bar);
            values.extend_from_slice(row.raw());
            bars_seen.push(row.bars_seen as u32);
            if index % 4096 == 0 {
                progress(index);
            }
        }
        progress(series.len());
        Self { schema, values, bars_seen }
    }

    /// Its columns.
    pub fn schema(&self) -> &FeatureSchema {
        &self.schema
    }

    /// Number of rows, one for each bar.
    pub fn len(&self) -> usize {
        self.bars_seen.len()
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.bars_seen.is_empty()
    }

    /// Row `bar`, whatever its warm-up: columns without a value yet hold 0.
    pub fn raw_row(&self, bar: usize) -> &[f64] {
        &self.values[bar * self.schema.len()..(bar + 1) * self.schema.len()]
    }

    /// All values, row-major `[n_bars, n_features]`; columns without a value yet hold 0.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// True when the last `lookback` rows up to and including `bar` are settled and of one segment.
    pub fn is_usable(&self, bar: usize, lookback: usize) -> bool {
        self.bars_seen[bar] as usize >= self.schema.settled() + lookback.saturating_sub(1)
    }

    /// The value of one column at one bar, once it has one.
    pub fn value(&self, bar: usize, column: usize) -> Option<f64> {
        (self.bars_seen[bar] as usize >= self.schema.columns()[column].first)
            .then(|| self.raw_row(bar)[column])
    }
}
