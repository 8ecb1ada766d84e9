//! A made-up report for tests: a model that is good, one that is not, and one that failed.

mod bars;
mod broken;
mod ensemble;
mod explained;
mod parts;

pub(crate) use broken::{NO_ESTIMATE, broken};

use std::collections::BTreeMap;

use evaluation::{ClassScores, Difference, Interval, Metrics, ReliabilityBin};
use market::{Classes, Timeframe, Timestamp};
use models::EpochReport;
use pipeline::GitState;
use serde_json::json;

use super::document::{
    FoldScores, FoldSpans, FoldStatus, LabelReport, ModelReport, Report, Span, Status, Trials,
    ValidationReport,
};

const START: i64 = 1_704_067_200_000;
const FOLDS: usize = 5;

/// The report.
pub(crate) fn report() -> Report {
    let models = vec![model("random_forest", true), model("lstm", false), failed("transformer")];
    Report {
        format_version: 1,
        run: "made-up volatility of BTCUSDT".to_owned(),
        created_at: "2025-03-01T12:00:00Z".to_owned(),
        program_version: "0.1.0".to_owned(),
        command: ["trainer", "--config", "lstm.toml", "--data", "BTCUSDT-5m.csv.gz", "--seed", "7"]
            .map(str::to_owned)
            .into(),
        git: GitState { commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()), dirty: true },
        seed: 42,
        verdicts: models.iter().map(|model| model.verdict.clone()).collect(),
        data: bars::data(),
        pool: Vec::new(),
        label: LabelReport {
            kind: "volatility".to_owned(),
            horizon: 12,
            classes: Classes::volatility(),
            counts: vec![17_920, 14_230],
            mean_duration_bars: 37.4,
            switches_per_1000_bars: 26.7,
            symbols: vec![super::SymbolBalance { symbol: "BTCUSDT".to_owned(), balance: parts::balance() }],
            best_features: vec![parts::best_feature()],
            shuffled: false,
        },
        validation: ValidationReport {
            method: "walk_forward".to_owned(),
            mode: "anchored".to_owned(),
            split: evaluation::SplitScheme::default(),
            trains_on_past_only: true,
            repeats_test_rows: false,
            folds: (0..FOLDS).map(spans).collect(),
            out_of_sample_rows: 19_980,
            effective_rows: 1_412.3,
            block_length: 61.8,
            bootstrap_draws: 2000,
        },
        models,
        ensemble: Some(ensemble::ensemble(metrics, FOLDS)),
        forecast_intervals: Some(ensemble::forecast_intervals()),
        baselines_left_out: [(
            "jump".to_owned(),
            "failed in fold 2: state 1 holds 0.2% of the bars".to_owned(),
        )]
        .into(),
        baselines: ["hmm", "persistence", "prior"]
            .iter()
            .zip([0.655, 0.662, 0.688])
            .map(|(name, log_loss)| ((*name).to_owned(), metrics(log_loss)))
            .collect(),
        changed_bars: parts::changed_bars(),
        economics: parts::economics(),
        sealed: Some(parts::sealed(metrics(0.668))),
        feature_importance: explained::importance(),
        feature_clusters: explained::clusters(),
        cluster_importance: explained::cluster_importance(),
        explanations: vec![explained::explanation()],
        attention: vec![explained::attention()],
        trials: Trials { on_this_data: 1_234 },
        config: json!({ "name": "random_forest", "label": { "kind": "volatility", "horizon": 12 }, "seed": 42 }),
        timeline: bars::timeline(),
    }
}

fn around(mean: f64, half: f64) -> Interval {
    Interval { mean, low: mean - half, high: mean + half }
}

fn metrics(log_loss: f64) -> Metrics {
    let skill = 0.693 - log_loss;
    Metrics {
        accuracy: around(0.55 + skill, 0.018),
        balanced_accuracy: around(0.53 + skill, 0.018),
        macro_f1: around(0.52 + skill, 0.02),
        log_loss: around(log_loss, 0.013),
        brier: around(log_loss * 0.68, 0.009),
        roc_auc: around(0.5 + 2.0 * skill, 0.02),
    }
}

fn model(name: &str, good: bool) -> ModelReport {
    let log_loss = if good { 0.612 } else { 0.651 };
    let verdict = if good { "beats every baseline" } else { "can’t be told apart from hmm" };
    let difference = |gain: f64| Difference { log_loss: around(-gain, 0.012), accuracy: around(gain, 0.015) };
    ModelReport {
        name: name.to_owned(),
        label: "volatility".to_owned(),
        verdict: format!("{name} {verdict} out of sample (log-loss {log_loss:.4})."),
        beats_every_baseline: good,
        status: Status::Ok,
        metrics: Some(metrics(log_loss)),
        mcc: Some(0.267),
        mcc_interval: Some(around(0.267, 0.03)),
        ece: Some(0.0183),
        ece_interval: Some(parts::estimate(0.0183, 0.006)),
        brier_parts: Some(parts::brier_parts()),
        selective: Some(parts::selective()),
        transitions: Some(parts::transitions()),
        groups: parts::groups(),
        confusion_matrix: vec![vec![8_412, 2_710], vec![3_301, 5_557]],
        per_class: [("low", 11_122), ("high", 8_858)]
            .map(|(class, rows)| ClassScores {
                class: class.to_owned(),
                rows,
                precision: Some(0.718),
                recall: (class == "low").then_some(0.756),
                f1: Some(0.737),
            })
            .to_vec(),
        calibration: (!good).then(|| ensemble::calibration(&(0..10).map(bin).collect::<Vec<_>>())),
        prediction_sets: good.then(ensemble::prediction_sets),
        reliability: (0..10).map(bin).collect(),
        versus: [("hmm", 0.655), ("persistence", 0.662), ("prior", 0.688)]
            .map(|(baseline, theirs)| (baseline.to_owned(), difference(theirs - log_loss)))
            .into(),
        folds: (0..FOLDS).map(|fold| scores(fold, !good)).collect(),
        out_of_bag_accuracy: good.then_some(0.871),
        bundle: Some(format!("models/{name}/1.0.0")),
        content_hash: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned()),
    }
}

fn failed(name: &str) -> ModelReport {
    let mut folds: Vec<FoldScores> = (0..FOLDS).map(|fold| scores(fold, false)).collect();
    folds[2].status = FoldStatus::Failed;
    folds[2].failure = Some("training diverged in epoch 3: the loss is not finite".to_owned());
    (folds[2].accuracy, folds[2].log_loss) = (None, None);
    ModelReport {
        verdict: format!("{name} failed: fold 2 could not be fitted."),
        status: Status::Failed,
        metrics: None,
        mcc: None,
        mcc_interval: None,
        ece: None,
        ece_interval: None,
        brier_parts: None,
        selective: None,
        transitions: None,
        groups: Vec::new(),
        confusion_matrix: Vec::new(),
        per_class: Vec::new(),
        reliability: Vec::new(),
        calibration: None,
        prediction_sets: None,
        versus: BTreeMap::new(),
        folds,
        bundle: None,
        content_hash: None,
        ..model(name, false)
    }
}

fn bin(index: u64) -> ReliabilityBin {
    let confidence = 0.51 + 0.045 * index as f64;
    let accuracy = confidence - 0.004 * index as f64 + if index.is_multiple_of(2) { 0.02 } else { -0.02 };
    ReliabilityBin { confidence, accuracy, rows: 1_998 - 90 * index }
}

fn scores(fold: usize, network: bool) -> FoldScores {
    let epochs = if network { 1..13 } else { 1..1 };
    FoldScores {
        fold,
        status: FoldStatus::Ok,
        failure: None,
        rows: 3_996,
        accuracy: Some(0.61 + 0.01 * fold as f64),
        log_loss: Some(0.66 - 0.008 * fold as f64),
        epochs: epochs.map(epoch).collect(),
        stopped: None,
    }
}

fn epoch(epoch: usize) -> EpochReport {
    let late = epoch as f64 - 7.0;
    EpochReport {
        epoch,
        steps: 320 * epoch as u64,
        training_loss: 0.55 + 0.15 / epoch as f64,
        validation_loss: Some(0.64 + 0.0012 * late * late),
        validation_accuracy: Some(0.64 - 0.001 * late * late),
        learning_rate: 1e-3 / epoch as f64,
        is_best: epoch <= 7,
    }
}

fn span(from: usize, until: usize) -> Span {
    let close = |bar: usize| Timestamp::from_millis(START).plus_bars(bar as i64, Timeframe::HOUR);
    Span { from: close(from), until: close(until - 1), rows: until - from }
}

fn spans(fold: usize) -> FoldSpans {
    let test = 12_000 + fold * 3_996;
    FoldSpans {
        fold,
        symbol_left_out: None,
        train: span(0, test - 1_524),
        train_parts: vec![span(0, test - 1_524)],
        early_stopping: Some(span(test - 1_512, test - 12)),
        purged_rows: 24,
        embargoed_rows: 0,
        test: span(test, test + 3_996),
        test_parts: vec![span(test, test + 3_996)],
        left_out: false,
        notes: Vec::new(),
    }
}
