//! What a bundle says of the world that it was trained in.

use serde::{Deserialize, Serialize};

use crate::histogram::Histogram;
use crate::page_hinkley::ErrorReference;
use crate::runs::longest_run;

/// Rows of a window that is compared with the training period.
const WINDOW_ROWS: usize = 1000;
/// There must be so many disjoint windows at least; windows are shorter where there are fewer.
const LEAST_WINDOWS: usize = 8;
/// Shorter windows than this say nothing.
const LEAST_ROWS: usize = 100;
/// How rarely a window of an unchanged world may be called drifted.
const FALSE_ALARMS: f64 = 0.0005;

/// How usual a window may be, from the training period itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// How often each class came, in class order.
    pub prior: Vec<f64>,
    /// Of each class, the mean standard deviation of one bar's log return over the horizon; that of all where the class did not
    /// come.
    pub class_volatility: Vec<f64>,
    /// The same over all rows.
    pub volatility: f64,
    /// Of the features; none when the training period was too short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<DriftReference>,
    /// Of what was predicted out of sample; none without such predictions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictions: Option<PredictionReference>,
}

/// Of what was predicted out of sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredictionReference {
    /// Of the probability of each class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probabilities: Option<DriftReference>,
    /// Of the errors; none with too few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<ErrorReference>,
    /// The most predictions in a row that named one class.
    pub longest_run: usize,
    /// Predictions that it rests on.
    pub rows: usize,
}

/// What windows of the training period looked like beside the whole of it.
///
/// Features move slowly, so a window of them is never like the whole: its distance says little by itself. Each column's
/// distance is measured in its mean over all windows of the training period (which are contiguous, so they carry the columns'
/// own dependence), and a window counts as drifted when its farthest column is farther than the farthest column of one in 2,000
/// such windows would be (by a Gumbel distribution of that maximum, and never nearer than the farthest that was seen).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftReference {
    /// Rows of a window.
    pub window_rows: usize,
    /// Mean distances that the farthest column may be away.
    pub threshold: f64,
    /// The columns.
    pub columns: Vec<ColumnReference>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnReference {
    /// Name.
    pub name: String,
    /// Its values.
    pub histogram: Histogram,
    /// Mean PSI of the windows of the training period.
    pub usual_psi: f64,
}

impl DriftReference {
    /// From rows in order of time, row-major `[n_rows, names]`. None with fewer than 800 rows.
    pub fn of(names: &[String], rows: &[&[f64]]) -> Option<Self> {
        let window_rows = WINDOW_ROWS.min(rows.len() / LEAST_WINDOWS);
        if window_rows < LEAST_ROWS {
            return None;
        }
        let starts: Vec<usize> = (0..=rows.len() - window_rows).step_by((window_rows / 4).max(1)).collect();
        // The farthest column of each window so far.
        let mut farthest = vec![0.0_f64; starts.len()];
        let mut columns = Vec::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            let histogram = Histogram::of(rows.iter().map(|row| row[place]))?;
            let bins: Vec<usize> = rows.iter().map(|row| histogram.bin(row[place])).collect();
            let psi: Vec<f64> = starts
                .iter()
                .map(|start| {
                    let mut counts = vec![0; histogram.shares.len()];
                    bins[*start..start + window_rows].iter().for_each(|bin| counts[*bin] += 1);
                    histogram.distance(&counts, window_rows).psi
                })
                .collect();
            let usual_psi = (psi.iter().sum::<f64>() / psi.len() as f64).max(0.01);
            for (farthest, psi) in farthest.iter_mut().zip(&psi) {
                *farthest = farthest.max(psi / usual_psi);
            }
            columns.push(ColumnReference { name: name.clone(), histogram, usual_psi });
        }
        Some(Self { window_rows, threshold: rarely_exceeded(&farthest), columns })
    }

    /// True when its numbers can be used, for so many columns.
    pub fn is_valid(&self, n_columns: usize) -> bool {
        (LEAST_ROWS..=WINDOW_ROWS).contains(&self.window_rows)
            && self.threshold.is_finite()
            && self.columns.len() == n_columns
            && self.columns.iter().all(|column| column.histogram.is_valid() && column.usual_psi > 0.0)
    }
}

impl PredictionReference {
    /// From out-of-sample predictions in order of time: probabilities `[n, classes]` and what came.
    pub fn of(classes: &[String], probabilities: &[&[f64]], came: &[u8]) -> Self {
        let top = |p: &&[f64]| crate::runs::top(p);
        let said: Vec<usize> = probabilities.iter().map(top).collect();
        let errors: Vec<f64> = said
            .iter()
            .zip(came)
            .map(|(said, came)| f64::from(u8::from(*said != usize::from(*came))))
            .collect();
        Self {
            probabilities: DriftReference::of(classes, probabilities),
            errors: ErrorReference::of(&errors),
            longest_run: longest_run(&said),
            rows: said.len(),
        }
    }
}

/// What the largest of such values would exceed once in 2,000 times.
fn rarely_exceeded(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
    // Gumbel's distribution by its moments: scale σ√6/π, location mean − 0.5772·scale.
    let scale = deviation * 6.0_f64.sqrt() / std::f64::consts::PI;
    let level = mean - 0.577_215_664_901_532_9 * scale - scale * (-(1.0 - FALSE_ALARMS).ln()).ln();
    values.iter().copied().fold(level, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_above_all_that_was_seen() {
        let values = [2.0, 2.5, 3.0, 2.2, 2.8];
        let threshold = rarely_exceeded(&values);
        // σ .3687: scale .2875, location 2.334; ln 2000 = 7.6009.
        assert!((threshold - (2.5 - 0.5772 * 0.28749 + 0.28749 * 7.6007)).abs() < 1e-3, "{threshold}");
        assert!(rarely_exceeded(&[1.0, 1.0]) >= 1.0);
    }

    #[test]
    fn too_few_rows_make_no_reference() {
        let rows: Vec<Vec<f64>> = (0..799).map(|i| vec![f64::from(i)]).collect();
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        assert_eq!(DriftReference::of(&["x".to_owned()], &rows), None);
    }
}
