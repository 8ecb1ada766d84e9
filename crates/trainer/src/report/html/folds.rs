//! Where each fold learned and how each model did on it.

use models::StopReason;

use super::Drawn;
use super::markup::{
    bodies, details, escaped, group, heads, instant, number, optional, row, section, table as plain_table,
    text_head, words,
};
use super::sparkline::sparkline;
use super::split_words::intro;
use crate::report::document::{FoldScores, FoldSpans, FoldStatus, ModelReport, Report};
use crate::report::numbers::{DASH, decimals, thousands};

/// The picture of the splits, and their dates.
pub(super) fn timeline(report: &Report, drawn: &Drawn<'_>) -> String {
    let validation = &report.validation;
    let rows: Vec<String> = validation.folds.iter().map(spans).collect();
    let mut columns = heads(&[
        "Fold",
        "Train from",
        "until",
        "Rows",
        "Purged",
        "Embargoed",
        "Stopping rows",
        "Test from",
        "until",
        "Rows",
    ]);
    columns.push(text_head("Notes"));
    let dates = details("Dates and rows of the folds", &plain_table("Close times, UTC", &columns, &rows));
    let html = [intro(validation), drawn.figure("folds", "wide"), left_out(&validation.folds), dates];
    section("folds", "Folds", &html.concat())
}

/// Every fold that is left out, with its reason.
fn left_out(folds: &[FoldSpans]) -> String {
    let items: Vec<String> = folds
        .iter()
        .filter(|fold| fold.left_out)
        .map(|fold| format!("<li>Fold {}: {}</li>\n", fold.fold, escaped(&fold.notes.join("; "))))
        .collect();
    if items.is_empty() {
        return String::new();
    }
    format!("<p>Left out:</p>\n<ul>\n{}</ul>\n", items.concat())
}

fn spans(fold: &FoldSpans) -> String {
    let rows = |count: usize| number(&thousands(count as u64));
    let stopping = fold.early_stopping.as_ref().map_or_else(|| number(DASH), |span| rows(span.rows));
    let [train, test] =
        [(&fold.train, &fold.train_parts), (&fold.test, &fold.test_parts)].map(|(all, parts)| {
            let count = match parts.len() {
                0 | 1 => thousands(all.rows as u64),
                parts => {
                    format!("{}<span class=\"range\">in {parts} stretches</span>", thousands(all.rows as u64))
                }
            };
            let time = |time| if all.rows > 0 { instant(time) } else { DASH.to_owned() };
            [number(&time(all.from)), number(&time(all.until)), number(&count)]
        });
    let mut notes = fold.notes.clone();
    if fold.left_out {
        notes.insert(0, "left out".to_owned());
    }
    if let Some(symbol) = &fold.symbol_left_out {
        notes.insert(0, format!("{symbol} is answered for by models of the others"));
    }
    let gaps = [rows(fold.purged_rows), rows(fold.embargoed_rows), stopping];
    let notes = words(&notes.join("; "));
    row(&fold.fold.to_string(), &[&train[..], &gaps, &test, &[notes]].concat())
}

/// Scores fold by fold, and how networks learned.
pub(super) fn table(report: &Report) -> String {
    let groups: Vec<String> = report
        .models
        .iter()
        .map(|model| {
            let rows: Vec<String> = model.folds.iter().map(scores).collect();
            group(&model.name, 6, &rows)
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
        count if fold.stopped == Some(StopReason::Cancelled) => format!("{count}, then stopped by hand"),
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
