//! Made-up parts of the rows, trading and the sealed period.

use std::collections::BTreeMap;

use evaluation::{
    BacktestOverfitting, BrierDecomposition, Comparison, CostPoint, DetectionScores, Difference, Economics,
    Estimate, GroupEconomics, GroupScores, Interval, Metrics, SelectiveAccuracy, SelectiveScore,
};
use labels::{ClassBalance, LabelBalance};
use market::{Timeframe, Timestamp};

use crate::report::document::{
    BestFeature, EconomicGroups, EconomicsReport, EquityPoint, GroupReport, ModelEconomics, SealedReport,
    SealedScores,
};

pub(super) fn estimate(value: f64, half: f64) -> Estimate {
    Estimate { value, low: Some(value - half), high: Some(value + half) }
}

pub(super) fn balance() -> LabelBalance {
    let class = |name: &str, bars: usize| ClassBalance {
        name: name.to_owned(),
        bars,
        share: bars as f64 / 32_150.0,
        mean_duration_bars: 37.4,
    };
    LabelBalance {
        labelled: 32_150,
        classes: vec![class("low", 17_920), class("high", 14_230)],
        mean_duration_bars: 37.4,
        switches_per_1000_bars: 26.7,
    }
}

pub(super) fn best_feature() -> BestFeature {
    BestFeature {
        symbol: "BTCUSDT".to_owned(),
        feature: "realised_volatility_rank".to_owned(),
        accuracy: 0.741,
        majority: 0.557,
        persistence: 0.734,
        test_rows: 12_860,
        alarming: Vec::new(),
    }
}

pub(super) fn brier_parts() -> BrierDecomposition {
    BrierDecomposition { reliability: 0.0011, resolution: 0.081, uncertainty: 0.494, within_bins: -0.0004 }
}

pub(super) fn selective() -> SelectiveAccuracy {
    let score = |share: f64, accuracy: f64| SelectiveScore {
        share,
        confidence: 0.5 + 0.4 * (1.0 - share),
        rows: (19_980.0 * share) as u64,
        coverage: share,
        accuracy,
        calls: vec![(11_000.0 * share) as u64, (8_980.0 * share) as u64],
    };
    let all = vec![score(0.1, 0.91), score(0.25, 0.84), score(0.5, 0.77), score(1.0, 0.70)];
    SelectiveAccuracy { pooled: all.clone(), per_class: vec![all, Vec::new()] }
}

pub(super) fn transitions() -> DetectionScores {
    DetectionScores {
        bars: 19_980,
        true_switches: 534,
        predicted_switches: 702,
        hit_rate: Some(estimate(0.62, 0.04)),
        detected: Some(estimate(0.74, 0.04)),
        median_delay: Some(estimate(4.0, 1.0)),
        median_delay_of_all: Some(Estimate { value: 8.0, low: Some(7.0), high: None }),
        flicker_rate: Some(estimate(1.31, 0.12)),
        mean_true_duration: Some(37.3),
        mean_predicted_duration: Some(28.4),
    }
}

pub(super) fn groups() -> Vec<GroupReport> {
    let group = |name: &str, log_loss: f64| GroupScores {
        group: name.to_owned(),
        rows: 9_990,
        effective_rows: 706.2,
        accuracy: estimate(1.29 - log_loss, 0.02),
        balanced_accuracy: estimate(1.27 - log_loss, 0.02),
        log_loss: estimate(log_loss, 0.02),
        brier: Estimate { value: log_loss * 0.68, low: None, high: None },
    };
    [("change", ["changed", "unchanged"]), ("month", ["2024-05", "2024-06"]), ("volatility", ["low", "high"])]
        .map(|(by, names)| GroupReport {
            by: by.to_owned(),
            groups: vec![group(names[0], 0.64), group(names[1], 0.58)],
        })
        .into()
}

pub(super) fn changed_bars() -> BTreeMap<String, Estimate> {
    [("random_forest", 0.46), ("persistence", 0.0), ("hmm", 0.31)]
        .map(|(name, accuracy)| (name.to_owned(), estimate(accuracy, 0.03)))
        .into()
}

fn result(net_return: f64, ratio: f64) -> Economics {
    Economics {
        periods: 19_979,
        effective_periods: 19_211.0,
        net_return,
        gross_return: net_return + 0.06,
        annual_return: Some(net_return / 2.28),
        annual_volatility: Some(0.41),
        sharpe: Some(estimate(ratio, 0.9)),
        probabilistic_sharpe: Some(0.83),
        deflated_sharpe: Some(0.41),
        maximum_drawdown: 0.23,
        annual_turnover: 112.0,
        costs: 0.06,
        break_even_bps: Some(14.2),
        hit_rate: Some(0.508),
        mean_exposure: 0.71,
        time_in_market: 0.97,
    }
}

pub(super) fn economics() -> EconomicsReport {
    let close = |bar: i64| Timestamp::from_millis(super::START).plus_bars(bar, Timeframe::HOUR);
    let month = |group: &str, net_return: f64| GroupEconomics {
        group: group.to_owned(),
        periods: 744,
        net_return,
        market_return: 0.04,
        sharpe: Some(estimate(0.6, 1.7)),
        hit_rate: Some(0.51),
        mean_exposure: 0.7,
        turnover: 9.0,
    };
    let point = |step: i64| EquityPoint {
        time: close(12_000 + step * 50),
        strategy: 1.0 + 0.001 * step as f64 + if step % 7 < 3 { 0.02 } else { 0.0 },
        held: 1.0 + 0.0014 * step as f64 - if step % 50 < 20 { 0.08 } else { 0.0 },
    };
    EconomicsReport {
        rule: "exposure = min(1, target / expected volatility), long only".to_owned(),
        not_applicable: None,
        models: vec![ModelEconomics {
            model: "random_forest".to_owned(),
            symbol: "BTCUSDT".to_owned(),
            result: Comparison {
                strategy: result(0.31, 0.74),
                buy_and_hold: Economics { deflated_sharpe: None, ..result(0.42, 0.69) },
                always_flat: Economics { sharpe: None, hit_rate: None, ..result(0.0, 0.0) },
                sharpe_above_buy_and_hold: Some(estimate(0.05, 0.4)),
            },
            path_sharpe_ratios: vec![Some(0.74)],
            groups: vec![EconomicGroups {
                by: "month".to_owned(),
                groups: vec![month("2024-05", 0.031), month("2024-06", -0.012)],
            }],
            sensitivity: [0, 1]
                .iter()
                .flat_map(|delay_bars| {
                    [0.0, 5.0, 20.0].map(|fee_bps| CostPoint {
                        fee_bps,
                        delay_bars: *delay_bars,
                        net_return: 0.4 - 0.01 * fee_bps,
                        sharpe: Some(0.9 - 0.02 * fee_bps),
                    })
                })
                .collect(),
            equity: (0..400).map(point).collect(),
        }],
        sharpe_ratios: [("random_forest", 0.74), ("hmm", 0.52), ("persistence", 0.61)]
            .map(|(name, ratio)| (name.to_owned(), ratio))
            .into(),
        overfitting: Some(BacktestOverfitting {
            trials: 11,
            splits: 12_870,
            probability: 0.37,
            probability_of_loss: 0.22,
            median_rank: 0.58,
            degradation: Some(-0.3),
        }),
        overfitting_missing: None,
    }
}

pub(super) fn sealed(metrics: Metrics) -> SealedReport {
    let interval = Interval { mean: -0.011, low: -0.02, high: -0.002 };
    let difference =
        Difference { log_loss: interval, accuracy: Interval { mean: 0.01, low: -0.01, high: 0.03 } };
    SealedReport {
        from: Timestamp::from_millis(super::START).plus_bars(32_200, Timeframe::HOUR),
        rows: 3_550,
        opened_before: Vec::new(),
        scores: Some(SealedScores {
            models: [("random_forest".to_owned(), metrics)].into(),
            baselines: [("hmm".to_owned(), metrics)].into(),
            versus: [("random_forest".to_owned(), [("hmm".to_owned(), difference)].into())].into(),
            verdicts: vec!["Sealed period: random_forest beats every baseline out of sample.".to_owned()],
        }),
    }
}
