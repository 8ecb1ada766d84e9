//! Scores as they are reported.

use serde::Serialize;

/// A score with its 95% interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The score on all pooled out-of-sample rows.
    pub mean: f64,
    /// 2.5% quantile of the block bootstrap.
    pub low: f64,
    /// 97.5% quantile.
    pub high: f64,
}

/// A number with its 95% interval where the draws allow one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// On all rows.
    pub value: f64,
    /// 2.5% quantile of the block bootstrap.
    pub low: Option<f64>,
    /// 97.5% quantile.
    pub high: Option<f64>,
}

/// The scores of a model or baseline, each pooled over the folds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Metrics {
    /// Share of rows whose most probable class is right.
    pub accuracy: Interval,
    /// Mean recall of the classes.
    pub balanced_accuracy: Interval,
    /// Mean F1 of the classes.
    pub macro_f1: Interval,
    /// Mean −ln p(true class), in nats.
    pub log_loss: Interval,
    /// Mean Σ (p − truth)², in [0, 2].
    pub brier: Interval,
    /// Area under the ROC curve, one class against the rest, mean over classes.
    pub roc_auc: Interval,
}

/// Precision, recall and F1 of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassScores {
    /// Class name.
    pub class: String,
    /// Rows of that class.
    pub rows: u64,
    /// Of the rows called so, the share that is; none when none was called so.
    pub precision: Option<f64>,
    /// Of the rows that are, the share called so; none when there are none.
    pub recall: Option<f64>,
    /// Harmonic mean of the two.
    pub f1: Option<f64>,
}

/// One bin of the reliability diagram: predictions of about equal confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Mean probability of the predicted class.
    pub confidence: f64,
    /// How often it was right.
    pub accuracy: f64,
    /// Rows in the bin.
    pub rows: u64,
}

/// Model minus baseline on the same rows; the interval is of the paired difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// Below zero is better.
    pub log_loss: Interval,
    /// Above zero is better.
    pub accuracy: Interval,
}
