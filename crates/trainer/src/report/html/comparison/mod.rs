//! The page of runs side by side.

mod differences;
mod pairs;
mod runs;
mod scores;

use super::markup::escaped;
use super::summary::item;
use super::{document, navigation};
use crate::report::comparison::{Finding, NotPaired, PairedModels, RunComparison};

/// Sections that the page links to.
const CONTENTS: [(&str, &str); 5] = [
    ("pairs", "Paired differences"),
    ("scores", "Scores"),
    ("differences", "Differences"),
    ("runs", "Runs"),
    ("reproduce", "Reproduce"),
];

/// The page; the plots are of log-loss and accuracy.
pub(in crate::report) fn comparison_page(comparison: &RunComparison, plots: &[String; 2]) -> String {
    let html = [
        header(comparison),
        navigation(&CONTENTS),
        pairs::render(comparison),
        scores::render(comparison, plots),
        differences::render(comparison),
        runs::render(comparison),
        runs::reproduce(comparison),
    ];
    document(&title(comparison), &html.concat())
}

fn title(comparison: &RunComparison) -> String {
    format!("{} runs side by side", comparison.runs.len())
}

fn header(comparison: &RunComparison) -> String {
    let names: Vec<String> =
        comparison.runs.iter().map(|run| format!("{} {}", run.letter, run.run)).collect();
    let verdicts = comparison.pairs.iter().map(paired).chain(comparison.not_paired.iter().map(not_paired));
    let notes: Vec<String> =
        comparison.notes.iter().map(|note| format!("<p class=\"note\">{}</p>\n", escaped(note))).collect();
    format!(
        "<header>\n<h1>{}</h1>\n<p class=\"subtitle\">{}</p>\n</header>\n<section id=\"verdict\" \
         aria-label=\"Verdict\">\n<ul class=\"verdicts\">\n{}</ul>\n{}</section>\n",
        escaped(&title(comparison)),
        escaped(&names.join(" · ")),
        verdicts.collect::<Vec<_>>().concat(),
        notes.concat(),
    )
}

fn paired(pair: &PairedModels) -> String {
    let mark = match pair.by_log_loss {
        Finding::Better => ("good", "✓", "better"),
        Finding::Worse => ("bad", "✗", "worse"),
        Finding::NotToldApart if pair.same_answers => ("neutral", "=", "the same"),
        Finding::NotToldApart => ("neutral", "=", "can’t be told apart"),
    };
    let who =
        format!("{} of {} against {} of {}", pair.model, pair.run, pair.reference_model, pair.reference_run);
    item(mark, &who, &pair.sentence, "")
}

fn not_paired(without: &NotPaired) -> String {
    let who = format!("{} against {}", without.run, without.reference_run);
    item(("failed", "!", "can’t be compared row by row"), &who, &without.sentence, "")
}
