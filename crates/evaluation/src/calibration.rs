//! Does a probability mean what it says?

use crate::predictions::{Predictions, TestRow, top};
use crate::scores::ReliabilityBin;

/// Bins of equal mass.
const BINS: usize = 15;

/// Confidence in the predicted class against how often it was right, in bins of about equal rows.
pub fn reliability(rows: &[TestRow], predictions: &Predictions, n_classes: usize) -> Vec<ReliabilityBin> {
    let mut judged: Vec<(f64, bool)> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let p = predictions.row(index, n_classes);
            (p[top(p)], top(p) == usize::from(row.class))
        })
        .collect();
    judged.sort_by(|a, b| a.0.total_cmp(&b.0));
    let bins = BINS.min(judged.len());
    (0..bins)
        .map(|bin| {
            let inside = &judged[judged.len() * bin / bins..judged.len() * (bin + 1) / bins];
            let n = inside.len() as f64;
            ReliabilityBin {
                confidence: inside.iter().map(|(p, _)| p).sum::<f64>() / n,
                accuracy: inside.iter().filter(|(_, right)| *right).count() as f64 / n,
                rows: inside.len() as u64,
            }
        })
        .collect()
}

/// Mean distance between confidence and accuracy over the bins, weighted by rows.
pub fn expected_calibration_error(bins: &[ReliabilityBin]) -> f64 {
    let rows: u64 = bins.iter().map(|bin| bin.rows).sum();
    bins.iter().map(|bin| (bin.confidence - bin.accuracy).abs() * bin.rows as f64).sum::<f64>() / rows as f64
}
