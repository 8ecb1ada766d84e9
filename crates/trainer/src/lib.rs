//! Splits, baselines, experiments, metrics, reports and the trainer command
