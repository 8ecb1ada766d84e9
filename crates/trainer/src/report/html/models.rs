//! Model by model: what it confuses, how well it knows what it knows, and what it looks at.

use super::confidence::{brier_parts, correction, reliability, selective};
use super::markup::{escaped, estimate, facts, interval, optional, section};
use super::scores::per_class;
use super::{Drawn, attention, explanation, groups, importance, prediction_sets, transitions};
use crate::report::charts::file_name;
use crate::report::document::{ModelReport, Report, Status};
use crate::report::numbers::decimals;

pub(super) fn render(report: &Report, drawn: &Drawn<'_>) -> String {
    let models: Vec<String> = report
        .models
        .iter()
        .map(|model| {
            let html = match model.status {
                Status::Ok => scored(report, model, drawn),
                Status::Failed => "<p>This model failed, so there is nothing to show.</p>\n".to_owned(),
            };
            format!("<article><h3>{}</h3>\n{html}</article>\n", escaped(&model.name))
        })
        .collect();
    section("models", "Models", &[models.concat(), prediction_sets::forecasts(report)].concat())
}

fn scored(report: &Report, model: &ModelReport, drawn: &Drawn<'_>) -> String {
    let mut numbers = vec![
        ("Expected calibration error", calibration_error(model)),
        ("Matthews correlation", correlation(model)),
    ];
    if model.out_of_bag_accuracy.is_some() {
        let accuracy = optional(model.out_of_bag_accuracy, 3);
        numbers.push(("Out-of-bag accuracy (flatters: rows overlap in time)", accuracy));
    }
    let matrix_class = if model.confusion_matrix.len() > 3 { "wide" } else { "" };
    [
        facts(&numbers),
        "<div class=\"side-by-side\">\n".to_owned(),
        drawn.figure(&file_name("confusion_matrix", &model.name), matrix_class),
        drawn.figure(&file_name("reliability", &model.name), ""),
        "</div>\n".to_owned(),
        per_class(model),
        brier_parts(model),
        selective(model, report.label.classes.names()),
        correction(model),
        reliability(model),
        prediction_sets::render(model),
        transitions::render(report, model),
        groups::render(model, drawn),
        importance::render(report, model, drawn),
        attention::render(report, model),
        explanation::render(report, model, drawn),
    ]
    .concat()
}

/// With its interval where there is one.
fn calibration_error(model: &ModelReport) -> String {
    match &model.ece_interval {
        Some(found) => estimate(found, |value| decimals(value, 4)),
        None => optional(model.ece, 4),
    }
}

fn correlation(model: &ModelReport) -> String {
    match &model.mcc_interval {
        Some(found) => interval(found, |value| decimals(value, 3)),
        None => optional(model.mcc, 3),
    }
}
