//! `settled` is enough, and not absurdly more than enough.
//!
//! An engine that starts at bar k is held against one that started long before. The scale of prices is
//! the price, that of every other column its standard deviation.

use features::{Column, FeatureEngine, FeatureSet, FeatureTable, sample_std};
use market::{Bar, GapPolicy, Timeframe};

use crate::bars::{first_segment, real_series, seed43, series_of, synthetic_bars};

/// Bars that the older engine runs ahead of the first cold start.
const HEAD_START: usize = 2000;
/// Bars that are compared behind each column's `settled`.
const COMPARED: usize = 300;
/// Flags, the column that decides them, and its threshold: a flag may differ where that column is equal
/// to the threshold within tolerance.
const FLAGS: [(&str, &str, f64); 4] = [
    ("rsi_oversold", "rsi", 30.0),
    ("rsi_overbought", "rsi", 70.0),
    ("ema_cross", "trend_strength", 0.0),
    ("macd_cross", "macd_histogram", 0.0),
];

/// Two engines on the same bars, and the scales to compare them by.
struct Comparison<'a> {
    set: FeatureSet,
    bars: &'a [Bar],
    /// Started at the first bar.
    old: FeatureTable,
    spreads: Vec<f64>,
    /// For each column the largest error at half its `settled`, over all starts.
    worst_halfway: Vec<f64>,
    /// For each column the largest error from its `settled` on, over all starts.
    worst_settled: Vec<f64>,
}

impl<'a> Comparison<'a> {
    fn new(bars: &'a [Bar], timeframe: Timeframe) -> Self {
        let set = seed43(timeframe);
        let old = FeatureTable::compute(&set, &series_of(bars, timeframe), |_| ());
        let width = set.schema().len();
        let spread = |column| {
            let values: Vec<f64> = (0..bars.len()).filter_map(|bar| old.value(bar, column)).collect();
            sample_std(&values)
        };
        let spreads = (0..width).map(spread).collect();
        Self { set, bars, old, spreads, worst_halfway: vec![0.0; width], worst_settled: vec![0.0; width] }
    }

    fn columns(&self) -> &[Column] {
        self.old.schema().columns()
    }

    fn index(&self, name: &str) -> usize {
        self.columns().iter().position(|column| column.name == name).unwrap()
    }

    /// Difference to the older engine in units of the column's scale.
    fn error(&self, bar: usize, column: usize, value: f64) -> f64 {
        let expected = self.old.value(bar, column).unwrap();
        if let Some((_, decider, threshold)) =
            FLAGS.into_iter().find(|(name, ..)| *name == self.columns()[column].name)
        {
            let decider = self.index(decider);
            let distance = (self.old.value(bar, decider).unwrap() - threshold).abs();
            if distance <= 1e-9 * self.scale(bar, decider) {
                return 0.0;
            }
        }
        (value - expected).abs() / self.scale(bar, column)
    }

    fn scale(&self, bar: usize, column: usize) -> f64 {
        if self.columns()[column].unit == "price" { self.bars[bar].close } else { self.spreads[column] }
    }

    /// Starts an engine at bar `start` and compares it with the older one.
    fn start_at(&mut self, start: usize) {
        let mut engine = FeatureEngine::new(&self.set, GapPolicy::CONTINUOUS);
        let longest = self.set.schema().settled() + COMPARED;
        for (bar, closed) in self.bars.iter().enumerate().skip(start).take(longest) {
            let row = engine.update(closed);
            for column in 0..self.set.schema().len() {
                let Some(value) = row.value(column) else { continue };
                let settled = self.columns()[column].settled;
                if row.bars_seen == settled / 2 {
                    self.worst_halfway[column] =
                        self.worst_halfway[column].max(self.error(bar, column, value));
                } else if (settled..settled + COMPARED).contains(&row.bars_seen) {
                    let (error, declared) = (self.error(bar, column, value), &self.columns()[column]);
                    let tolerance = if declared.settled == declared.first { 1e-12 } else { 1e-9 };
                    assert!(
                        error <= tolerance,
                        "{} at bar {bar}, {} bars after a start at {start}: {value}, {:?} from long ago; \
                         error {error:.1e} of {tolerance:.0e}",
                        declared.name,
                        row.bars_seen,
                        self.old.value(bar, column),
                    );
                    self.worst_settled[column] = self.worst_settled[column].max(error);
                }
            }
        }
    }

    /// Starts at every `step`-th bar that leaves room before and after.
    fn start_everywhere(&mut self, step: usize) {
        let room = self.set.schema().settled() + COMPARED;
        for start in (HEAD_START..self.bars.len() - room).step_by(step) {
            self.start_at(start);
        }
        for (index, column) in self.columns().iter().enumerate() {
            if column.settled > column.first {
                println!(
                    "{:16} settled {:4}: worst {:.1e} there, {:.1e} halfway",
                    column.name, column.settled, self.worst_settled[index], self.worst_halfway[index]
                );
            }
        }
    }
}

#[test]
fn a_cold_start_is_settled_on_a_synthetic_market() {
    let bars = synthetic_bars(30_000, 12);
    Comparison::new(&bars, Timeframe::HOUR).start_everywhere(101);
}

#[test]
fn a_cold_start_is_settled_on_5_minute_bars() {
    if let Some(series) = real_series("BTCUSDT", "5m") {
        let bars = first_segment(&series, 10_000, 60_000);
        Comparison::new(&bars, series.timeframe()).start_everywhere(211);
    }
}

#[test]
fn a_cold_start_is_settled_on_hourly_bars() {
    if let Some(series) = real_series("BTCUSDT", "1h") {
        let bars = first_segment(&series, 10_000, 60_000);
        Comparison::new(&bars, series.timeframe()).start_everywhere(101);
    }
}

#[test]
fn half_of_settled_is_not_enough() {
    let bars = synthetic_bars(10_000, 13);
    let mut comparison = Comparison::new(&bars, Timeframe::HOUR);
    comparison.start_everywhere(101);
    for (index, column) in comparison.columns().iter().enumerate() {
        let is_flag = FLAGS.iter().any(|(name, ..)| *name == column.name);
        if column.settled > column.first && !is_flag {
            let halfway = comparison.worst_halfway[index];
            assert!(halfway > 1e-9, "{} is off by {halfway:.1e} halfway already", column.name);
        }
    }
    assert!(comparison.worst_halfway[comparison.index("ema_50")] > 1e-9);
}

#[test]
fn windowed_columns_are_settled_at_once_and_recursive_ones_are_not() {
    let recursive = [
        "rsi",
        "rsi_oversold",
        "rsi_overbought",
        "macd",
        "macd_signal",
        "macd_histogram",
        "macd_cross",
        "ema_20",
        "ema_50",
        "ema_cross",
        "atr",
        "atr_pct",
        "trend_strength",
    ];
    for column in seed43(Timeframe::HOUR).schema().columns() {
        let remembers = recursive.contains(&column.name.as_str());
        assert_eq!(column.settled > column.first, remembers, "{}", column.name);
    }
}
