//! Model by model: what it confuses, how well it knows what it knows, and what it looks at.

use super::Drawn;
use super::markup::{details, escaped, facts, heads, number, optional, row, section, table};
use super::scores::per_class;
use crate::report::charts::file_name;
use crate::report::document::{ModelReport, Report, Status};
use crate::report::numbers::{decimals, thousands};

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
    section("models", "Models", &models.concat())
}

fn scored(report: &Report, model: &ModelReport, drawn: &Drawn<'_>) -> String {
    let mut numbers = vec![
        ("Expected calibration error", optional(model.ece, 4)),
        ("Matthews correlation", optional(model.mcc, 3)),
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
        reliability(model),
        drawn.figure(&file_name("feature_importance", &model.name), "wide"),
        importance(report, model),
    ]
    .concat()
}

fn reliability(model: &ModelReport) -> String {
    let bins: Vec<String> = model
        .reliability
        .iter()
        .enumerate()
        .map(|(index, bin)| {
            let gap = decimals(bin.accuracy - bin.confidence, 3);
            row(
                &(index + 1).to_string(),
                &[
                    number(&thousands(bin.rows)),
                    number(&decimals(bin.confidence, 3)),
                    number(&decimals(bin.accuracy, 3)),
                    number(&gap),
                ],
            )
        })
        .collect();
    if bins.is_empty() {
        return String::new();
    }
    let caption = "Bins of about equal rows, by the probability of the predicted class";
    let heads = heads(&["Bin", "Rows", "Mean probability", "Share right", "Right minus probability"]);
    details(&format!("Reliability of {} as numbers", model.name), &table(caption, &heads, &bins))
}

fn importance(report: &Report, model: &ModelReport) -> String {
    let rows: Vec<String> = report
        .feature_importance
        .iter()
        .filter(|row| row.model == model.name)
        .map(|feature| {
            let cells = [number(&decimals(feature.permutation, 5)), number(&optional(feature.impurity, 4))];
            row(&feature.feature, &cells)
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let caption = "Permutation: increase in out-of-sample log-loss (nats) when the feature is shuffled";
    let heads = heads(&["Feature", "Permutation", "Impurity"]);
    details(&format!("All {} features of {}", rows.len(), model.name), &table(caption, &heads, &rows))
}
