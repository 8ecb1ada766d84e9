//! Is a model right where it is sure?

use serde::Serialize;

use crate::predictions::{Predictions, TestRow, top};

/// The most confident calls. Calls as confident as the last of them are in as well, so the coverage can be
/// above the share asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SelectiveScore {
    /// Share of the calls that was asked for.
    pub share: f64,
    /// Least confidence among them: the probability of the predicted class.
    pub confidence: f64,
    /// How many they are.
    pub rows: u64,
    /// Their share of all rows.
    pub coverage: f64,
    /// How often they are right.
    pub accuracy: f64,
    /// How many of them call each class.
    pub calls: Vec<u64>,
}

/// Accuracy of the most confident calls.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SelectiveAccuracy {
    /// Among all calls, for each share.
    pub pooled: Vec<SelectiveScore>,
    /// Among the calls of one class, for each class and share; empty for a class that is never called.
    pub per_class: Vec<Vec<SelectiveScore>>,
}

/// Accuracy and coverage of the most confident `shares` (each in (0, 1]) of all calls, and of the calls of
/// each class. One class can own all confident calls, so the pooled figure alone says little.
pub fn selective_accuracy(
    rows: &[TestRow],
    predictions: &Predictions,
    n_classes: usize,
    shares: &[f64],
) -> SelectiveAccuracy {
    let mut calls: Vec<Call> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let p = predictions.row(index, n_classes);
            Call { class: top(p), confidence: p[top(p)], right: top(p) == usize::from(row.class) }
        })
        .collect();
    calls.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let scores = |calls: &[Call]| -> Vec<SelectiveScore> {
        shares.iter().filter_map(|share| most_confident(calls, *share, n_classes, rows.len())).collect()
    };
    let of_class = |class| calls.iter().filter(|call| call.class == class).copied().collect::<Vec<Call>>();
    SelectiveAccuracy {
        pooled: scores(&calls),
        per_class: (0..n_classes).map(|class| scores(&of_class(class))).collect(),
    }
}

#[derive(Clone, Copy)]
struct Call {
    class: usize,
    confidence: f64,
    right: bool,
}

/// The first share of calls in falling order of confidence.
fn most_confident(calls: &[Call], share: f64, n_classes: usize, n_rows: usize) -> Option<SelectiveScore> {
    let wanted = ((share * calls.len() as f64).ceil() as usize).clamp(1, calls.len().max(1));
    let confidence = calls.get(wanted - 1)?.confidence;
    let chosen = &calls[..calls.partition_point(|call| call.confidence >= confidence)];
    let mut per_class = vec![0; n_classes];
    for call in chosen {
        per_class[call.class] += 1;
    }
    let right = chosen.iter().filter(|call| call.right).count();
    Some(SelectiveScore {
        share,
        confidence,
        rows: chosen.len() as u64,
        coverage: chosen.len() as f64 / n_rows as f64,
        accuracy: right as f64 / chosen.len() as f64,
        calls: per_class,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_confident_half_and_its_ties() {
        let p = [0.9, 0.8, 0.8, 0.4, 0.3];
        let classes = [1, 1, 0, 0, 1];
        let rows: Vec<TestRow> =
            classes.iter().enumerate().map(|(bar, &class)| TestRow { bar, fold: 0, class }).collect();
        let predictions = Predictions { values: p.iter().flat_map(|p| [1.0 - p, *p]).collect() };
        let scores = selective_accuracy(&rows, &predictions, 2, &[0.4, 1.0]);
        let half = &scores.pooled[0];
        assert_eq!((half.rows, half.calls.as_slice()), (3, [0, 3].as_slice()));
        assert!((half.accuracy - 2.0 / 3.0).abs() < 1e-15 && (half.coverage - 0.6).abs() < 1e-15);
        assert_eq!(scores.pooled[1].rows, 5);
        // Class 0 is called with .7 (wrong) and .6 (right).
        let of_zero = &scores.per_class[0];
        assert_eq!((of_zero[0].rows, of_zero[1].rows), (1, 2));
        assert!(of_zero[0].accuracy.abs() < 1e-15 && (of_zero[1].accuracy - 0.5).abs() < 1e-15);
        assert!(selective_accuracy(&[], &Predictions::default(), 2, &[0.5]).pooled.is_empty());
    }
}
