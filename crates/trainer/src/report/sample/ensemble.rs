//! Made-up corrections, prediction sets and ensemble.

use std::collections::BTreeMap;

use ensemble::{CalibrationMethod, CalibrationTrial};
use evaluation::{Difference, Metrics, ReliabilityBin};

use super::around;
use crate::report::document::{
    CalibrationReport, ClassCoverage, Coverage, DisagreementScores, EnsembleReport, EnsembleWeights,
    ForecastIntervalReport, IntervalCoverage, PredictionSets, WeightingScores,
};

const MEMBERS: [&str; 3] = ["lstm", "random_forest", "transformer"];

pub(super) fn calibration(after: &[ReliabilityBin]) -> CalibrationReport {
    let trial = |(method, log_loss)| CalibrationTrial { method, log_loss };
    let too_sure =
        |bin: &ReliabilityBin| ReliabilityBin { confidence: (bin.confidence + 0.04).min(1.0), ..*bin };
    CalibrationReport {
        method: CalibrationMethod::Temperature,
        trials: CalibrationMethod::CANDIDATES
            .into_iter()
            .zip([0.655, 0.641, 0.642, 0.648, 0.65])
            .map(trial)
            .collect(),
        log_loss_before: 0.655,
        ece_before: 0.041,
        reliability_before: after.iter().map(too_sure).collect(),
    }
}

pub(super) fn prediction_sets() -> PredictionSets {
    let of = |coverage: f64| Coverage {
        rows: 15_984,
        coverage,
        mean_size: 1.31,
        single_share: 0.69,
        empty_share: 0.0,
        classes: ["low", "high"]
            .map(|class| ClassCoverage { class: class.to_owned(), rows: 7_992, coverage: Some(coverage) })
            .into(),
    };
    PredictionSets {
        nominal: 0.9,
        split: of(0.868),
        adaptive: of(0.901),
        split_last_third: of(0.851),
        adaptive_last_third: of(0.899),
    }
}

pub(super) fn forecast_intervals() -> ForecastIntervalReport {
    let of = |coverage: f64| IntervalCoverage { rows: 19_980, coverage, mean_width: 0.021 };
    ForecastIntervalReport {
        horizon: 12,
        nominal: 0.8,
        forecast: of(0.741),
        conformal: of(0.786),
        adaptive: of(0.801),
        forecast_last_third: of(0.722),
        conformal_last_third: of(0.779),
        adaptive_last_third: of(0.8),
    }
}

/// The transformer failed in fold 2.
pub(super) fn ensemble(metrics: impl Fn(f64) -> Metrics, folds: usize) -> EnsembleReport {
    let named = |weights: [f64; 3]| -> BTreeMap<String, f64> {
        MEMBERS
            .iter()
            .map(|member| (*member).to_owned())
            .zip(weights)
            .filter(|(_, weight)| *weight > 0.0)
            .collect()
    };
    let failed: BTreeMap<String, String> =
        [("transformer".to_owned(), "training diverged in epoch 3: the loss is not finite".to_owned())]
            .into();
    let made = |fold: Option<usize>| {
        let whole = fold.is_some_and(|fold| fold < 2);
        EnsembleWeights {
            fold,
            rows: fold.unwrap_or(folds) * 3_984,
            weights: named(if whole { [0.3, 0.5, 0.2] } else { [0.35, 0.65, 0.0] }),
            calibration: if fold == Some(0) {
                CalibrationMethod::None
            } else {
                CalibrationMethod::Temperature
            },
            missing: if whole { BTreeMap::new() } else { failed.clone() },
        }
    };
    let difference = |mean: f64| Difference { log_loss: around(mean, 0.004), accuracy: around(-mean, 0.006) };
    let weighting = |(name, log_loss): (&str, f64)| WeightingScores {
        name: name.to_owned(),
        metrics: metrics(log_loss),
        versus_best_member: Some(difference(log_loss - 0.612)),
    };
    EnsembleReport {
        priors: named([0.4, 0.2, 0.4]),
        folds: (0..folds).map(|fold| made(Some(fold))).collect(),
        exported: Some(made(None)),
        best_member: Some("random_forest".to_owned()),
        versus_members: [("random_forest", -0.004), ("lstm", -0.043)]
            .map(|(name, mean)| (name.to_owned(), difference(mean)))
            .into(),
        weightings: [
            ("equal", 0.621),
            ("priors", 0.626),
            ("learned", 0.61),
            ("rolling", 0.62),
            ("ensemble", 0.608),
        ]
        .map(weighting)
        .into(),
        disagreement: (0..3)
            .map(|third| DisagreementScores {
                rows: 6_660,
                disagreement: 0.002 + 0.008 * f64::from(third),
                accuracy: 0.74 - 0.05 * f64::from(third),
                log_loss: 0.55 + 0.06 * f64::from(third),
            })
            .collect(),
    }
}
