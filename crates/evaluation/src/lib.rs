//! What out-of-sample predictions are worth.
//!
//! Comes in: labels with their intervals, and what predictors said about rows that they had not seen. Goes out:
//! splits that no label crosses, scores with block-bootstrap intervals, and what a strategy would have earned.
//! Fits nothing, reads no file.

mod auc;
mod block_length;
mod bootstrap;
mod calibration;
mod detection;
mod economics;
mod group_scores;
mod grouping;
mod predictions;
mod resamples;
mod scores;
mod selective;
mod splits;
mod tally;

pub use block_length::{effective_rows, mean_block_length};
pub use bootstrap::{Bootstrap, BootstrapScores};
pub use calibration::{BrierDecomposition, brier_decomposition, expected_calibration_error, reliability};
pub use detection::{DetectionRule, DetectionScores, detection_scores};
pub use economics::{
    BacktestOverfitting, Comparison, CostPoint, Decision, DirectionExposure, Economics, Execution,
    ExposureError, GroupEconomics, Judgement, Ledger, LedgerError, MINIMUM_TRIALS, OverfittingError, Period,
    SharpeSample, Trials, VolatilityExposure, combinatorial_overfitting, compare, cost_sensitivity,
    group_economics, path_overfitting, periods_per_year, split_overfitting,
};
pub use group_scores::{GroupScores, group_scores};
pub use grouping::Grouping;
pub use predictions::{Predictions, TestRow, top};
pub use resamples::Resamples;
pub use scores::{ClassScores, Difference, Estimate, Interval, Metrics, ReliabilityBin};
pub use selective::{SelectiveAccuracy, SelectiveScore, selective_accuracy};
pub use splits::{
    BacktestPath, Combinatorial, FoldFault, FoldRows, LabelledBars, MonteCarlo, PathBlock, PathRow,
    PurgedKFold, SealedPeriod, SealedRows, Split, SplitError, SplitScheme, SymbolPool, TestBlocks,
    TimeSeries, TrainingWindow, WalkForward,
};
pub use tally::{Tally, log_losses};
