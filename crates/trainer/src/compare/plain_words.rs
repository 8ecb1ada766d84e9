//! What the comparison says, in sentences.

use data::thousands;
use market::Timestamp;

use super::finished_run::FinishedRun;
use super::pairing::MINIMUM_ROWS;
use super::run_report::LabelPart;
use crate::experiment::verdict::signed;
use crate::report::{Finding, PairedModels};

/// `volatility, 12 bars ahead`
pub(crate) fn label(label: &LabelPart) -> String {
    format!("{}, {} bars ahead", label.kind, label.horizon)
}

/// «lstm of B is better than lstm of A by log-loss: … nats on 75,000 common rows; by accuracy
/// it can't be told apart: ….»
pub(crate) fn paired(pair: &PairedModels) -> String {
    let who = format!("{} of {}", pair.model, pair.run);
    let reference = format!("{} of {}", pair.reference_model, pair.reference_run);
    let rows = thousands(pair.common_rows as u64);
    if pair.same_answers {
        return format!("{who} gives the same answers as {reference} on all {rows} common rows.");
    }
    let by_log_loss = match pair.by_log_loss {
        Finding::Better => "is better than",
        Finding::Worse => "is worse than",
        Finding::NotToldApart => "can't be told apart from",
    };
    let by_accuracy = match pair.by_accuracy {
        Finding::Better => "it is better",
        Finding::Worse => "it is worse",
        Finding::NotToldApart => "it can't be told apart",
    };
    format!(
        "{who} {by_log_loss} {reference} by log-loss: {} nats on {rows} common rows; by accuracy {by_accuracy}: {}.",
        signed(&pair.difference.log_loss),
        signed(&pair.difference.accuracy)
    )
}

/// «B can't be compared with A row by row: ….»
pub(crate) fn not_paired(run: &str, reference_run: &str, reasons: &[String]) -> String {
    format!("{run} can't be compared with {reference_run} row by row: {}.", reasons.join("; "))
}

/// Why rows with the same time are not the same rows.
pub(crate) fn relabelled(relabelled: usize, common: usize, what_differs: &str) -> String {
    let all = thousands((relabelled + common) as u64);
    let relabelled = thousands(relabelled as u64);
    format!(
        "the label of {relabelled} of {all} rows with the same time is another one ({what_differs} differ)"
    )
}

/// Why there is no interval.
pub(crate) fn too_few(first: &FinishedRun, later: &FinishedRun, common: usize) -> String {
    let period = |run: &FinishedRun| match run.report.tested() {
        Some((from, until)) => format!("{} from {} to {}", run.letter, minute(from), minute(until)),
        None => format!("{} nothing", run.letter),
    };
    let tested = format!("{} and {} were tested on other rows", first.letter, later.letter);
    let periods = format!("{}, {}", period(first), period(later));
    match common {
        0 => format!("{tested}, none of which is common ({periods})"),
        1 => format!("{tested}; one is common, and an interval needs {MINIMUM_ROWS} ({periods})"),
        few => format!("{tested}; {few} are common, and an interval needs {MINIMUM_ROWS} ({periods})"),
    }
}

/// A UTC time without its seconds.
pub(crate) fn minute(time: Timestamp) -> String {
    time.to_string().chars().take(16).collect()
}

/// Why two runs do not answer the same rows, and what that means for the tables; none when they do.
pub(crate) fn unequal_rows(first: &FinishedRun, later: &FinishedRun, pair: &PairedModels) -> Option<String> {
    if pair.common_rows == pair.rows && pair.common_rows == pair.reference_rows {
        return None;
    }
    let count = |rows: usize| thousands(rows as u64);
    let (a, b) = (&first.letter, &later.letter);
    let mut sentences = vec![format!(
        "Of the {} out-of-sample rows of {a} and the {} of {b}, {} are common ({} to {}).",
        count(pair.reference_rows),
        count(pair.rows),
        count(pair.common_rows),
        minute(pair.first),
        minute(pair.last)
    )];
    if pair.relabelled_rows > 0 {
        let rows = count(pair.relabelled_rows);
        sentences.push(format!(
            "{rows} rows are left out because their label, which is learnt in each fold, is another one."
        ));
    }
    let why = reasons(first, later);
    if !why.is_empty() {
        sentences.push(format!("Likely causes: {}.", why.join("; ")));
    }
    sentences.push(
        "In the tables each run is scored on its own rows, so those scores are not comparable; the paired differences \
         are."
            .to_owned(),
    );
    Some(sentences.join(" "))
}

/// What decides which rows a run answers, as far as it differs.
fn reasons(first: &FinishedRun, later: &FinishedRun) -> Vec<String> {
    let (a, b) = (&first.report, &later.report);
    let differs = |section: &str| a.config.get(section) != b.config.get(section);
    let mut reasons = Vec::new();
    if !a.has_bars_of(b) {
        reasons.push("other bars".to_owned());
    }
    for section in ["validation", "features", "label"] {
        if differs(section) {
            reasons.push(format!("another [{section}]"));
        }
    }
    let lookback = |report: &super::run_report::RunReport| {
        ["lstm", "transformer"]
            .map(|network| report.config.get(network).and_then(|of| of.get("lookback")).cloned())
    };
    if differs("models") || lookback(a) != lookback(b) {
        reasons.push("models that look back further or less far".to_owned());
    }
    for run in [first, later] {
        let expected = run.report.validation.out_of_sample_rows;
        if let Some((_, answers)) = run.answered().iter().find(|(_, answers)| answers.len() < expected) {
            reasons.push(format!(
                "predictions.csv of {} holds {} of {} rows",
                run.letter,
                thousands(answers.len() as u64),
                thousands(expected as u64)
            ));
        }
    }
    reasons
}
