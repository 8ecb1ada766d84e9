//! How the models became one, and whether that was worth it.

use std::collections::BTreeSet;

use super::Drawn;
use super::markup::{
    heads, interval, note, number, optional, paragraph, row, section, subsection, table, text_head, words,
};
use super::scores::{METRICS, cells};
use crate::report::document::{EnsembleReport, EnsembleWeights, Report};
use crate::report::numbers::{decimals, percent, signed, thousands};

pub(super) fn render(report: &Report, drawn: &Drawn<'_>) -> String {
    let Some(ensemble) = &report.ensemble else { return String::new() };
    let html = [
        note(
            "The ensemble is the weighted mean of what the models say, corrected so that it means what it says. Weights \
             and correction of a fold were learnt from what was said in earlier folds of rows whose outcome was known by \
             then, drawn towards the priors; the first fold has only those.",
        ),
        drawn.figure("ensemble_weights", ""),
        weights(ensemble),
        weightings(ensemble),
        against_members(ensemble),
        disagreement(ensemble),
    ];
    section("ensemble", "Ensemble", &html.concat())
}

/// Weights fold by fold.
fn weights(ensemble: &EnsembleReport) -> String {
    let members: Vec<&String> = ensemble.priors.keys().collect();
    let mut columns = heads(&["", "Rows learnt from"]);
    columns.extend(members.iter().map(|name| heads(&["", name]).remove(1)));
    columns.push(text_head("Corrected by"));
    let cells_of = |weights: &dyn Fn(&str) -> Option<f64>| -> Vec<String> {
        members.iter().map(|name| number(&optional(weights(name), 3))).collect()
    };
    let prior = |name: &str| ensemble.priors.get(name).copied();
    let mut rows = vec![row("Priors", &[vec![number("")], cells_of(&prior), vec![words("")]].concat())];
    let made = |made: &EnsembleWeights| {
        let name = made.fold.map_or_else(|| "Exported".to_owned(), |fold| format!("Fold {fold}"));
        let own = |name: &str| made.weights.get(name).copied();
        let learnt = vec![number(&thousands(made.rows as u64))];
        row(&name, &[learnt, cells_of(&own), vec![words(made.calibration.name())]].concat())
    };
    rows.extend(ensemble.folds.iter().chain(&ensemble.exported).map(made));
    let missing: BTreeSet<String> = ensemble
        .folds
        .iter()
        .chain(&ensemble.exported)
        .flat_map(|made| &made.missing)
        .map(|(name, why)| paragraph(&format!("Missing: {name}, because {why}.")))
        .collect();
    let missing: Vec<String> = missing.into_iter().collect();
    [table("Weights", &columns, &rows), missing.concat()].concat()
}

/// The same members, weighed otherwise.
fn weightings(ensemble: &EnsembleReport) -> String {
    let best = ensemble.best_member.as_deref().unwrap_or("the best member");
    let mut columns = heads(&METRICS);
    columns.extend(heads(&["", &format!("Log-loss minus {best}’s")]).split_off(1));
    let rows: Vec<String> = ensemble
        .weightings
        .iter()
        .map(|scores| {
            let difference = scores.versus_best_member.as_ref();
            let difference = difference.map(|found| interval(&found.log_loss, |value| signed(value, 4)));
            let cells = [cells(&scores.metrics), vec![number(&difference.unwrap_or_default())]].concat();
            row(described(&scores.name), &cells)
        })
        .collect();
    subsection("Other ways to weigh the same models", &table("Scores on the same rows", &columns, &rows))
}

fn described(name: &str) -> &str {
    match name {
        "equal" => "All alike",
        "priors" => "Priors",
        "learned" => "Learnt, not corrected",
        "rolling" => "By the last 63 resolved predictions",
        "ensemble" => "The ensemble",
        other => other,
    }
}

fn against_members(ensemble: &EnsembleReport) -> String {
    let rows: Vec<String> = ensemble
        .versus_members
        .iter()
        .map(|(name, difference)| {
            let cell = |found: &evaluation::Interval| number(&interval(found, |value| signed(value, 4)));
            row(name, &[cell(&difference.log_loss), cell(&difference.accuracy)])
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let heads = heads(&["", "Log-loss ↓", "Accuracy ↑"]);
    subsection("Against each member", &table("The ensemble minus the member", &heads, &rows))
}

fn disagreement(ensemble: &EnsembleReport) -> String {
    let names = ["Least", "Middle", "Most"];
    let rows: Vec<String> = ensemble
        .disagreement
        .iter()
        .zip(names)
        .map(|(scores, name)| {
            let cells = [
                thousands(scores.rows as u64),
                decimals(scores.disagreement, 4),
                percent(scores.accuracy),
                decimals(scores.log_loss, 4),
            ];
            row(name, &cells.map(|cell| number(&cell)))
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let heads = heads(&["Third", "Rows", "Disagreement (nats)", "Accuracy ↑", "Log-loss ↓"]);
    let text = "Disagreement: entropy of the mean less the mean of the entropies, the part of the uncertainty that comes \
                from not knowing which model is right.";
    let html = [table("Rows by how far the members disagree", &heads, &rows), note(text)].concat();
    subsection("Disagreement", &html)
}
