//! Does a probability mean what it says?

use serde::Serialize;

use crate::predictions::{Predictions, TestRow, top};
use crate::scores::ReliabilityBin;

/// Bins of equal mass.
const BINS: usize = 15;

/// Rows in order of `values`, cut into bins of about equal rows; equal values in the order of the rows.
pub(crate) fn mass_bins(values: &[f64]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let bins = BINS.min(order.len());
    (0..bins).map(|bin| order[order.len() * bin / bins..order.len() * (bin + 1) / bins].to_vec()).collect()
}

/// Confidence in the predicted class against how often it was right, in bins of about equal rows.
pub fn reliability(rows: &[TestRow], predictions: &Predictions, n_classes: usize) -> Vec<ReliabilityBin> {
    let said = |row: usize| predictions.row(row, n_classes);
    let confidence: Vec<f64> = (0..rows.len()).map(|row| said(row)[top(said(row))]).collect();
    mass_bins(&confidence)
        .iter()
        .map(|inside| {
            let n = inside.len() as f64;
            let right = |row: &&usize| top(said(**row)) == usize::from(rows[**row].class);
            ReliabilityBin {
                confidence: inside.iter().map(|row| confidence[*row]).sum::<f64>() / n,
                accuracy: inside.iter().filter(right).count() as f64 / n,
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

/// Murphy's (1973) parts of the Brier score, summed over the classes:
/// Brier = reliability − resolution + uncertainty + within bins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BrierDecomposition {
    /// Σ over bins of share · (mean probability − frequency)²: 0 when probabilities mean what they say.
    pub reliability: f64,
    /// Σ over bins of share · (frequency − overall frequency)²: how far the bins tell rows apart.
    pub resolution: f64,
    /// Σ f (1 − f) of the classes' overall frequencies: the score of always saying them.
    pub uncertainty: f64,
    /// What the probabilities within one bin add (Stephenson, Coelho and Jolliffe 2008): their variance
    /// minus twice their covariance with the outcome.
    pub within_bins: f64,
}

/// Decomposes the Brier score, each class against the rest in bins of about equal rows. None without rows.
pub fn brier_decomposition(
    rows: &[TestRow],
    predictions: &Predictions,
    n_classes: usize,
) -> Option<BrierDecomposition> {
    if rows.is_empty() {
        return None;
    }
    let n = rows.len() as f64;
    let mut parts =
        BrierDecomposition { reliability: 0.0, resolution: 0.0, uncertainty: 0.0, within_bins: 0.0 };
    for class in 0..n_classes {
        let said: Vec<f64> = (0..rows.len()).map(|row| predictions.row(row, n_classes)[class]).collect();
        let came = |row: usize| f64::from(u8::from(usize::from(rows[row].class) == class));
        let overall = (0..rows.len()).map(came).sum::<f64>() / n;
        parts.uncertainty += overall * (1.0 - overall);
        for bin in mass_bins(&said) {
            let share = bin.len() as f64 / n;
            let probability = bin.iter().map(|row| said[*row]).sum::<f64>() / bin.len() as f64;
            let frequency = bin.iter().map(|row| came(*row)).sum::<f64>() / bin.len() as f64;
            parts.reliability += share * (probability - frequency).powi(2);
            parts.resolution += share * (frequency - overall).powi(2);
            let within = |row: &usize| {
                let off = said[*row] - probability;
                off * off - 2.0 * off * (came(*row) - frequency)
            };
            parts.within_bins += bin.iter().map(within).sum::<f64>() / n;
        }
    }
    Some(parts)
}
