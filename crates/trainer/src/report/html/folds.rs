//! Where each fold learned and how each model did on it.

use super::Drawn;
use super::markup::{
    bodies, details, escaped, heads, instant, number, optional, row, section, table as plain_table,
    text_head, words,
};
use super::sparkline::sparkline;
use crate::report::document::{FoldScores, FoldSpans, FoldStatus, ModelReport, Report};
use crate::report::numbers::{DASH, decimals, thousands};

/// The picture of the splits, and their dates.
pub(super) fn timeline(report: &Report, drawn: &Drawn<'_>) -> String {
    let validation = &report.validation;
    let intro = format!(
        "<p>Split by {}, {}: {} folds, {} out-of-sample rows. Training rows whose label looks into the next block are \
         purged.</p>\n",
        escaped(&validation.method.replace('_', " ")),
        escaped(&validation.mode),
        validation.folds.len(),
        thousands(validation.out_of_sample_rows as u64),
    );
    let rows: Vec<String> = validation.folds.iter().map(spans).collect();
    let heads = heads(&[
        "Fold",
        "Train from",
        "until",
        "Rows",
        "Purged",
        "Stopping rows",
        "Test from",
        "until",
        "Rows",
    ]);
    let dates = details("Dates and rows of the folds", &plain_table("Close times, UTC", &heads, &rows));
    section("folds", "Folds", &[intro, drawn.figure("folds", "wide"), dates].concat())
}

fn spans(fold: &FoldSpans) -> String {
    let rows = |count: usize| number(&thousands(count as u64));
    let stopping = fold.early_stopping.as_ref().map_or_else(|| number(DASH), |span| rows(span.rows));
    row(
        &fold.fold.to_string(),
        &[
            number(&instant(fold.train.from)),
            number(&instant(fold.train.until)),
            rows(fold.train.rows),
            rows(fold.purged_rows),
            stopping,
            number(&instant(fold.test.from)),
            number(&instant(fold.test.until)),
            rows(fold.test.rows),
        ],
    )
}

/// Scores fold by fold, and how networks learned.
pub(super) fn table(report: &Report) -> String {
    let groups: Vec<String> = report
        .models
        .iter()
        .map(|model| {
            let name = escaped(&model.name);
            let head = format!("<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"6\">{name}</th></tr>\n");
            let rows: Vec<String> = model.folds.iter().map(scores).collect();
            format!("<tbody>\n{head}{}</tbody>\n", rows.concat())
        })
        .collect();
    let mut columns = heads(&["Fold", "Rows", "Log-loss", "Accuracy", "Epochs"]);
    columns.push(text_head("Loss while training"));
    let epochs: Vec<String> = report.models.iter().map(epoch_tables).collect();
    let note = "<p class=\"note\">Solid: validation loss, with a dot at the kept epoch. Thin: training loss, with \
                dropout and label smoothing.</p>\n";
    let has_epochs = epochs.iter().any(|html| !html.is_empty());
    let note = if has_epochs { note } else { "" };
    let html =
        [bodies("Each fold on its own test rows", &columns, &groups), note.to_owned(), epochs.concat()];
    section("training", "Fold by fold", &html.concat())
}

fn scores(fold: &FoldScores) -> String {
    let epochs = match fold.epochs.len() {
        0 => DASH.to_owned(),
        count => count.to_string(),
    };
    let last = match (fold.status, fold.failure.as_deref()) {
        (FoldStatus::Ok, _) => format!("<td class=\"text\">{}</td>", sparkline(&fold.epochs)),
        (FoldStatus::Failed, reason) => words(&["failed", reason.unwrap_or_default()].join(": ")),
        (FoldStatus::LeftOut, reason) => words(&["left out", reason.unwrap_or_default()].join(": ")),
    };
    row(
        &fold.fold.to_string(),
        &[
            number(&thousands(fold.rows as u64)),
            number(&optional(fold.log_loss, 4)),
            number(&optional(fold.accuracy, 3)),
            number(&epochs),
            last,
        ],
    )
}

fn epoch_tables(model: &ModelReport) -> String {
    let tables: Vec<String> =
        model.folds.iter().filter(|fold| !fold.epochs.is_empty()).map(epoch_table).collect();
    if tables.is_empty() {
        return String::new();
    }
    details(&format!("Epochs of {}", model.name), &tables.concat())
}

fn epoch_table(fold: &FoldScores) -> String {
    let rows: Vec<String> = fold
        .epochs
        .iter()
        .map(|epoch| {
            row(
                &epoch.epoch.to_string(),
                &[
                    number(&thousands(epoch.steps)),
                    number(&decimals(epoch.training_loss, 4)),
                    number(&optional(epoch.validation_loss, 4)),
                    number(&optional(epoch.validation_accuracy, 3)),
                    number(&decimals(epoch.learning_rate, 6)),
                    words(if epoch.is_best { "best so far" } else { "" }),
                ],
            )
        })
        .collect();
    let mut columns = heads(&[
        "Epoch",
        "Steps",
        "Training loss",
        "Validation loss",
        "Validation accuracy",
        "Learning rate",
    ]);
    columns.push(text_head(""));
    plain_table(&format!("Fold {}", fold.fold), &columns, &rows)
}
