//! Feature rows of a whole series.

use market::BarSeries;
use rayon::prelude::*;

use crate::feature_set::FeatureSet;
use crate::graph::{BATCH_BLOCK, BarColumns, Runner};
use crate::schema::{Column, FeatureSchema};

/// Bars between two looks at the other threads, for each of them: the values of that many bars stay near.
const STRETCH: usize = 256;
/// Places between two columns: their distance is not a multiple of a memory page, whose equal offsets would
/// compete.
const PADDING: usize = 24;
/// Rows that one thread writes at a time.
const PIECE: usize = 256;

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
    /// Column-major `[n_columns, pitch]`.
    values: Vec<f64>,
    /// Places from one column to the next.
    pitch: usize,
}

impl FeatureTable {
    /// Computes every row; `progress` hears the number of bars done every few thousand bars.
    ///
    /// # Panics
    /// When the series lacks a reference that the set looks at: see [`FeatureSet::check_references`].
    pub fn compute(set: &FeatureSet, series: &BarSeries, progress: impl FnMut(usize)) -> Self {
        Self::compute_in(Vec::new(), set, series, progress)
    }

    /// [`FeatureTable::compute`] in memory that was used before, from [`FeatureTable::into_values`]: for long
    /// tables a machine spends more time on handing out fresh memory than on the features.
    ///
    /// # Panics
    /// As [`FeatureTable::compute`].
    pub fn compute_in(
        mut values: Vec<f64>,
        set: &FeatureSet,
        series: &BarSeries,
        mut progress: impl FnMut(usize),
    ) -> Self {
        let schema = set.schema().clone();
        let width = schema.len();
        let plans = set.shares(rayon::current_num_threads());
        let stretch = STRETCH * plans.len();
        let pitch = stretch + PADDING;
        let mut shares: Vec<Share> = plans
            .into_iter()
            .map(|plan| {
                let runner = Runner::new(plan, BATCH_BLOCK);
                Share { values: vec![0.0; runner.n_columns() * pitch], pitch, runner }
            })
            .collect();
        if values.is_empty() {
            values = vec![0.0; series.len() * width];
        }
        // Every value is written below.
        values.resize(series.len() * width, 0.0);
        let mut bars_seen = vec![0; series.len()];
        let mut columns = BarColumns::default();
        let references = set.closes_of_references(series).expect("the series has the set's references");
        for segment in series.segments() {
            for share in &mut shares {
                share.runner.restart();
            }
            for start in segment.clone().step_by(stretch) {
                let end = (start + stretch).min(segment.end);
                columns.refill(&series.bars()[start..end]);
                columns.refill_references(references.iter().map(|closes| &closes[start..end]));
                shares.par_iter_mut().for_each(|share| share.compute(&columns));
                write_rows(&shares, pitch, width, &mut values[start * width..end * width]);
                for (place, seen) in bars_seen[start..end].iter_mut().enumerate() {
                    *seen = (start + place + 1 - segment.start) as u32;
                }
                progress(end);
            }
        }
        Self { schema, values, bars_seen }
    }

    /// The rows of several series behind each other. A segment of one table is none of the next, so
    /// [`FeatureTable::is_usable`] reaches over no border. None without a table, or when their columns differ.
    pub fn stack(tables: Vec<Self>) -> Option<Self> {
        tables.into_iter().map(Some).reduce(|stacked, next| {
            let (mut stacked, next) = (stacked?, next?);
            if stacked.schema != next.schema {
                return None;
            }
            stacked.values.extend_from_slice(&next.values);
            stacked.bars_seen.extend_from_slice(&next.bars_seen);
            Some(stacked)
        })?
    }

    /// The same table with more columns behind its own; `values` are theirs, row-major.
    ///
    /// # Panics
    /// When there is not one value for each row and column.
    #[must_use]
    pub fn with_columns(self, columns: &[Column], values: &[f64]) -> Self {
        let (own, more) = (self.schema.len(), columns.len());
        assert_eq!(values.len(), self.len() * more, "more columns have a value for every row");
        let mut all = Vec::with_capacity(self.values.len() + values.len());
        for (row, values) in self.values.chunks_exact(own).zip(values.chunks_exact(more)) {
            all.extend_from_slice(row);
            all.extend_from_slice(values);
        }
        let schema = FeatureSchema::new([self.schema.columns(), columns].concat());
        Self { schema, values: all, bars_seen: self.bars_seen }
    }

    /// The memory of its values, for the next table.
    pub fn into_values(self) -> Vec<f64> {
        self.values
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
                let out = &mut self.values[column * self.pitch + start..][..len];
                self.runner.write_column(column, out);
            }
            start += len;
        }
    }
}

/// The features of bars without a hole, column by column.
#[derive(Debug, Clone)]
pub struct FeatureColumns {
    schema: FeatureSchema,
    columns: Vec<Vec<f64>>,
}

impl FeatureColumns {
    /// Computes every column over bars of one segment, columns shared out among the threads of the current
    /// rayon pool.
    ///
    /// # Panics
    /// When the bars lack a reference that the set looks at.
    pub fn compute(set: &FeatureSet, bars: &BarColumns) -> Self {
        Self::compute_in(Vec::new(), set, bars)
    }

    /// [`FeatureColumns::compute`] in memory that was used before, from [`FeatureColumns::into_columns`].
    ///
    /// # Panics
    /// As [`FeatureColumns::compute`].
    pub fn compute_in(mut memory: Vec<Vec<f64>>, set: &FeatureSet, bars: &BarColumns) -> Self {
        memory.resize_with(set.schema().len(), || Vec::with_capacity(bars.len()));
        memory.iter_mut().for_each(Vec::clear);
        let mut memory = memory.into_iter();
        let shares: Vec<(Runner, Vec<Vec<f64>>)> = set
            .shares(rayon::current_num_threads())
            .into_iter()
            .map(|plan| {
                let runner = Runner::new(plan, BATCH_BLOCK);
                let columns = memory.by_ref().take(runner.n_columns()).collect();
                (runner, columns)
            })
            .collect();
        let columns = shares
            .into_par_iter()
            .map(|(mut runner, mut columns)| {
                let mut start = 0;
                while start < bars.len() {
                    let len = runner.room().min(bars.len() - start);
                    runner.advance(bars, start, len);
                    for (index, column) in columns.iter_mut().enumerate() {
                        runner.push_column(index, len, column);
                    }
                    start += len;
                }
                columns
            })
            .flatten()
            .collect();
        Self { schema: set.schema().clone(), columns }
    }

    /// Its columns, for the next computation's memory too.
    pub fn into_columns(self) -> Vec<Vec<f64>> {
        self.columns
    }

    /// Its columns' names and warm-ups.
    pub fn schema(&self) -> &FeatureSchema {
        &self.schema
    }

    /// Values of one column, one per bar; 0 where it has no value yet.
    pub fn column(&self, index: usize) -> &[f64] {
        &self.columns[index]
    }
}

/// Turns the columns of all shares, `pitch` places apart, into rows.
fn write_rows(shares: &[Share], pitch: usize, width: usize, rows: &mut [f64]) {
    let columns: Vec<&[f64]> = shares.iter().flat_map(|share| share.values.chunks(pitch)).collect();
    rows.par_chunks_mut(PIECE * width).enumerate().for_each(|(piece, rows)| {
        // Row after row: memory takes one stream of writes better than several.
        for (place, row) in rows.chunks_mut(width).enumerate() {
            let bar = piece * PIECE + place;
            for (value, column) in row.iter_mut().zip(&columns) {
                *value = column[bar];
            }
        }
    });
}
