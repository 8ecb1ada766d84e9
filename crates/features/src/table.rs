//! Feature rows of a whole series.

use market::BarSeries;
use rayon::prelude::*;

use crate::graph::{BATCH_BLOCK, BarColumns, Runner};
use crate::schema::FeatureSchema;
use crate::sets::FeatureSet;

/// Bars between two looks at the other threads.
const STRETCH: usize = 4096;
/// Columns that are turned into rows together: one cache line of values.
const TILE: usize = 8;

/// The features of every bar of a series: the numbers that [`crate::FeatureEngine::update`] gives, bit for
/// bit, computed in blocks and with columns shared out among the threads of the current rayon pool.
#[derive(Debug, Clone)]
pub struct FeatureTable {
    schema: FeatureSchema,
    /// Row-major `[n_bars, n_features]`.
    values: Vec<f64>,
    /// For each bar, bars since the start of its segment, itself included.
    bars_seen: Vec<u32>,
}

/// Some of the columns at work.
struct Share {
    runner: Runner,
    /// Column-major `[n_columns, STRETCH]`.
    values: Vec<f64>,
}

impl FeatureTable {
    /// Computes every row; `progress` hears the number of bars done every few thousand bars.
    pub fn compute(set: &FeatureSet, series: &BarSeries, mut progress: impl FnMut(usize)) -> Self {
        let schema = set.schema().clone();
        let width = schema.len();
        let mut shares: Vec<Share> = set
            .shares(rayon::current_num_threads())
            .into_iter()
            .map(|plan| {
                let runner = Runner::new(plan, BATCH_BLOCK);
                Share { values: vec![0.0; runner.n_columns() * STRETCH], runner }
            })
            .collect();
        let mut values = vec![0.0; series.len() * width];
        let mut bars_seen = vec![0; series.len()];
        let mut columns = BarColumns::default();
        for segment in series.segments() {
            shares.iter_mut().for_each(|share| share.runner.restart());
            for start in segment.clone().step_by(STRETCH) {
                let end = (start + STRETCH).min(segment.end);
                columns.refill(&series.bars()[start..end]);
                shares.par_iter_mut().for_each(|share| share.compute(&columns));
                write_rows(&shares, width, &mut values[start * width..end * width]);
                for (place, seen) in bars_seen[start..end].iter_mut().enumerate() {
                    *seen = (start + place + 1 - segment.start) as u32;
                }
                progress(end);
            }
        }
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

impl Share {
    /// Takes the next bars of the segment.
    fn compute(&mut self, bars: &BarColumns) {
        let mut start = 0;
        while start < bars.len() {
            let len = self.runner.room().min(bars.len() - start);
            self.runner.advance(bars, start, len);
            for column in 0..self.runner.n_columns() {
                let out = &mut self.values[column * STRETCH + start..][..len];
                self.runner.write_column(column, out);
            }
            start += len;
        }
    }
}

/// Turns the columns of all shares into rows, a tile at a time.
fn write_rows(shares: &[Share], width: usize, rows: &mut [f64]) {
    let columns: Vec<&[f64]> = shares.iter().flat_map(|share| share.values.chunks(STRETCH)).collect();
    rows.par_chunks_mut(256 * width).enumerate().for_each(|(piece, rows)| {
        let first = piece * 256;
        for (tile, group) in columns.chunks(TILE).enumerate() {
            for (place, row) in rows.chunks_mut(width).enumerate() {
                for (value, column) in row[tile * TILE..].iter_mut().zip(group) {
                    *value = column[first + place];
                }
            }
        }
    });
}
