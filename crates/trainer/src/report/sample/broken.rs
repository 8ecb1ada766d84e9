//! The made-up report with numbers that are none.

use evaluation::{Estimate, Interval};

use crate::report::document::{ModelReport, Report};

/// An estimate without a number in it.
pub(crate) const NO_ESTIMATE: Estimate =
    Estimate { value: f64::NAN, low: Some(f64::NEG_INFINITY), high: Some(f64::INFINITY) };

fn break_parts(model: &mut ModelReport) {
    model.mcc_interval = Some(Interval { mean: f64::NAN, low: f64::NAN, high: f64::INFINITY });
    model.ece_interval = Some(NO_ESTIMATE);
    model.brier_parts.as_mut().unwrap().uncertainty = 0.0;
    let selective = &mut model.selective.as_mut().unwrap().pooled[0];
    (selective.accuracy, selective.confidence) = (f64::NAN, f64::NAN);
    let transitions = model.transitions.as_mut().unwrap();
    (transitions.hit_rate, transitions.median_delay) = (Some(NO_ESTIMATE), None);
    transitions.mean_true_duration = Some(f64::NAN);
    for group in &mut model.groups {
        (group.groups[0].accuracy, group.groups[0].log_loss) = (NO_ESTIMATE, NO_ESTIMATE);
        group.groups[0].effective_rows = f64::NAN;
        group.groups[1].log_loss.high = Some(f64::INFINITY);
    }
}

fn break_economics(report: &mut Report) {
    let economics = &mut report.economics;
    economics.sharpe_ratios.insert("random_forest".to_owned(), f64::NAN);
    economics.overfitting.as_mut().unwrap().degradation = Some(f64::NAN);
    let one = &mut economics.models[0];
    one.result.strategy.sharpe = Some(NO_ESTIMATE);
    one.result.strategy.net_return = f64::NAN;
    one.result.strategy.break_even_bps = Some(f64::INFINITY);
    one.result.sharpe_above_buy_and_hold = Some(NO_ESTIMATE);
    one.path_sharpe_ratios = vec![Some(f64::NAN), None];
    one.groups[0].groups[0].sharpe = Some(NO_ESTIMATE);
    (one.sensitivity[0].sharpe, one.sensitivity[0].net_return) = (Some(f64::NAN), f64::NAN);
    (one.equity[7].strategy, one.equity[9].held) = (f64::NAN, f64::INFINITY);
}

fn break_importance(report: &mut Report) {
    report.feature_importance[0].permutation = NO_ESTIMATE;
    report.feature_importance[1].impurity = Some(f64::NAN);
    report.feature_importance[2].mean_abs_shap = Some(f64::INFINITY);
    report.feature_importance[3].permutation.low = Some(f64::NAN);
    report.feature_importance[4].cluster = usize::MAX;
    report.cluster_importance[0].permutation = NO_ESTIMATE;
    report.cluster_importance[1].mean_abs_shap = Some(f64::NAN);
    report.cluster_importance[2].cluster = usize::MAX;
    let explained = &mut report.explanations[0];
    (explained.probability, explained.output, explained.rest) = (f64::NAN, f64::NEG_INFINITY, f64::NAN);
    explained.additivity_error = f64::NAN;
    explained.contributions[0].contribution = f64::NAN;
    (explained.contributions[1].value, explained.contributions[1].share_below) = (f64::NAN, f64::INFINITY);
    let mut nowhere = explained.clone();
    "lstm".clone_into(&mut nowhere.model);
    nowhere.base = f64::NAN;
    report.explanations.push(nowhere);
}

/// The made-up report with numbers missing in every part.
pub(crate) fn broken() -> Report {
    let mut report = super::report();
    let nowhere = Interval { mean: f64::NAN, low: f64::NAN, high: f64::INFINITY };
    let model = &mut report.models[0];
    let metrics = model.metrics.as_mut().unwrap();
    (metrics.roc_auc, metrics.log_loss) = (nowhere, nowhere);
    (model.mcc, model.ece) = (Some(f64::NAN), Some(f64::NAN));
    model.reliability[0].confidence = f64::NAN;
    model.folds[0].log_loss = Some(f64::NAN);
    model.versus.values_mut().for_each(|difference| difference.log_loss = nowhere);
    report.models[1].folds[0].epochs[0].training_loss = f64::NAN;
    break_importance(&mut report);
    report.timeline[3].close = f64::NAN;
    report.label.mean_duration_bars = f64::NAN;
    report.label.symbols[0].balance.classes[0].mean_duration_bars = f64::NAN;
    report.label.best_features[0].accuracy = f64::NAN;
    break_parts(&mut report.models[0]);
    break_economics(&mut report);
    for score in report.changed_bars.values_mut() {
        *score = NO_ESTIMATE;
    }
    let sealed = report.sealed.as_mut().unwrap().scores.as_mut().unwrap();
    sealed.models.values_mut().for_each(|metrics| metrics.accuracy = nowhere);
    sealed.versus.values_mut().flat_map(|against| against.values_mut()).for_each(|d| d.log_loss = nowhere);
    report.validation.effective_rows = f64::NAN;
    report
}
