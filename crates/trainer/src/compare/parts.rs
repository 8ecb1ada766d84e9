//! What runs share and where they differ, apart from single configuration values.

use serde_json::Value;

use super::finished_run::FinishedRun;
use super::plain_words::minute;
use crate::report::Part;

/// Digits of a hash that tell runs apart.
const SHORT_HASH: usize = 12;

/// What a run says of a part.
type Told = fn(&FinishedRun) -> String;

/// Every part, whether it differs or not.
pub(crate) fn parts(runs: &[FinishedRun]) -> Vec<Part> {
    let all: [(&'static str, Told); 12] = [
        ("Bars", |run| run.report.series()),
        ("Period (UTC)", period),
        ("Fingerprint", |run| {
            let short = |hash: &str| hash.chars().take(SHORT_HASH).collect::<String>();
            run.report.bars().iter().map(|bars| short(&bars.fingerprint)).collect::<Vec<_>>().join(", ")
        }),
        ("Label", |run| {
            let shuffled = if run.report.label.shuffled { ", shuffled on purpose" } else { "" };
            format!("{}{shuffled}", run.report.label.kind)
        }),
        ("Horizon", |run| format!("{} bars", run.report.label.horizon)),
        ("Classes", |run| run.report.label.classes.names.join(", ")),
        ("Validation", validation),
        ("Tested (UTC)", tested),
        ("Feature sets", feature_sets),
        ("Seed", |run| run.report.seed.to_string()),
        ("Program", |run| run.report.program_version.clone()),
        ("Commit", commit),
    ];
    all.into_iter()
        .map(|(name, of)| {
            let values: Vec<String> = runs.iter().map(of).collect();
            Part { name, same: values.windows(2).all(|pair| pair[0] == pair[1]), values }
        })
        .collect()
}

fn period(run: &FinishedRun) -> String {
    let bars = run.report.bars().iter();
    let periods: Vec<String> =
        bars.map(|bars| format!("{} to {}", minute(bars.quality.first), minute(bars.quality.last))).collect();
    periods.join(", ")
}

fn validation(run: &FinishedRun) -> String {
    let validation = &run.report.validation;
    let method = validation.method.replace('_', " ");
    format!("{method}, {}, {} folds", validation.mode, validation.folds.len())
}

fn tested(run: &FinishedRun) -> String {
    let rows = data::thousands(run.report.validation.out_of_sample_rows as u64);
    match run.report.tested() {
        Some((from, until)) => format!("{rows} rows, {} to {}", minute(from), minute(until)),
        None => format!("{rows} rows"),
    }
}

/// Sets and columns, and what is left out of them.
fn feature_sets(run: &FinishedRun) -> String {
    let list = |key: &str| -> Vec<String> {
        let values = run.report.config.pointer(&format!("/features/{key}")).and_then(Value::as_array);
        values.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (sets, drop) = (list("sets"), list("drop"));
    if drop.is_empty() { sets.join(", ") } else { format!("{} without {}", sets.join(", "), drop.join(", ")) }
}

fn commit(run: &FinishedRun) -> String {
    let git = &run.report.git;
    let Some(commit) = &git.commit else { return "not built from a repository".to_owned() };
    let short: String = commit.chars().take(SHORT_HASH).collect();
    if git.dirty { format!("{short} with changes") } else { short }
}
