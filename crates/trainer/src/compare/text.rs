//! The comparison for the terminal.

use std::fmt::{Display, Write};

use data::thousands;
use evaluation::Interval;

use crate::report::{ComparedRun, DASH, RunComparison, Score, Scores, decimals, signed};

/// Configuration keys that are listed; the page and the JSON have all of them.
const KEYS: usize = 30;

/// What was found first, then what it rests on.
pub(crate) fn text(comparison: &RunComparison) -> String {
    let mut text = comparison.verdicts.join("\n");
    text.push('\n');
    for note in &comparison.notes {
        line(&mut text, format!("Note: {note}"));
    }
    line(&mut text, "");
    runs(&mut text, &comparison.runs);
    differences(&mut text, comparison);
    scores(&mut text, &comparison.runs);
    line(&mut text, "What each run says of itself:");
    for run in &comparison.runs {
        for model in &run.models {
            line(&mut text, format!("  {}  {}", run.letter, model.verdict));
        }
    }
    text
}

fn line(text: &mut String, line: impl Display) {
    writeln!(text, "{line}").expect("writing to a string");
}

fn runs(text: &mut String, runs: &[ComparedRun]) {
    line(text, "Runs:");
    for run in runs {
        let trials = match run.trials_on_this_data {
            1 => "1 model × configuration pair scored on its bars by then".to_owned(),
            tried => {
                format!("{} model × configuration pairs scored on its bars by then", thousands(tried as u64))
            }
        };
        line(text, format!("  {}  {}   {trials}   {}", run.letter, run.run, run.directory));
    }
}

/// What all runs share, and a row for everything that differs.
fn differences(text: &mut String, comparison: &RunComparison) {
    let shared: Vec<String> = comparison
        .parts
        .iter()
        .filter(|part| part.same)
        .map(|part| format!("{}: {}", part.name, part.values[0]))
        .collect();
    if !shared.is_empty() {
        line(text, format!("\nThe same in all:\n  {}", shared.join("\n  ")));
    }
    let mut rows: Vec<Vec<String>> = comparison
        .parts
        .iter()
        .filter(|part| !part.same)
        .map(|part| [&[part.name.to_owned()], &part.values[..]].concat())
        .collect();
    let config = comparison
        .config_differences
        .iter()
        .take(KEYS)
        .map(|difference| std::iter::once(difference.key.clone()).chain(difference.shown()).collect());
    rows.extend(config);
    if rows.is_empty() {
        line(text, "\nNothing differs.\n");
        return;
    }
    let letters = comparison.runs.iter().map(|run| run.letter.clone());
    let head: Vec<String> = std::iter::once(String::new()).chain(letters).collect();
    line(text, "\nDifferent:");
    table(text, &[vec![head], rows].concat(), false);
    let more = comparison.config_differences.len().saturating_sub(KEYS);
    if more > 0 {
        line(text, format!("  and {more} more configuration values; --html and --json show all"));
    }
    line(text, "");
}

/// A column of scores: its head and which score.
type Column = (&'static str, fn(&Scores) -> Score);

/// The scores, three in each table so that it fits on a screen.
const COLUMNS: [[Column; 3]; 2] = [
    [
        ("log-loss", |scores| scores.log_loss),
        ("accuracy", |scores| scores.accuracy),
        ("balanced accuracy", |scores| scores.balanced_accuracy),
    ],
    [
        ("Brier", |scores| scores.brier),
        ("ROC-AUC", |scores| scores.roc_auc),
        ("calibration error", |scores| scores.ece.unwrap_or_default()),
    ],
];

fn scores(text: &mut String, runs: &[ComparedRun]) {
    for columns in COLUMNS {
        let heads = columns.iter().map(|(head, _)| (*head).to_owned());
        let mut rows = vec![std::iter::once(String::new()).chain(heads).collect()];
        for run in runs {
            let row = |name: &str, scores: Option<&Scores>| -> Vec<String> {
                let cells =
                    columns.iter().map(|(_, of)| scores.map_or(DASH.to_owned(), |all| interval(of(all))));
                std::iter::once(format!("{} {name}", run.letter)).chain(cells).collect()
            };
            rows.extend(run.models.iter().map(|model| row(&model.name, model.scores.as_ref())));
            if run.letter != runs[0].letter && run.baselines == runs[0].baselines {
                rows.push(vec![format!("{}   baselines as those of {}", run.letter, runs[0].letter)]);
                continue;
            }
            rows.extend(run.baselines.iter().map(|(name, scores)| row(&format!("  {name}"), Some(scores))));
        }
        table(text, &rows, true);
        line(text, "");
    }
    let mut rows =
        vec![["", "nearest baseline", "log-loss against it", "accuracy"].map(str::to_owned).to_vec()];
    for run in runs {
        rows.extend(run.models.iter().filter_map(|model| {
            let nearest = model.nearest_baseline.as_ref()?;
            Some(vec![
                format!("{} {}", run.letter, model.name),
                nearest.baseline.clone(),
                difference(nearest.log_loss),
                difference(nearest.accuracy),
            ])
        }));
    }
    table(text, &rows, true);
    line(text, "");
}

/// `0.6120 [0.5990, 0.6250]`, or the number alone.
fn interval(score: Score) -> String {
    let Interval { mean, low, high } = score.interval();
    let [mean, low, high] = [mean, low, high].map(|value| decimals(value, 4));
    if [&low, &high].iter().all(|end| *end == DASH) { mean } else { format!("{mean} [{low}, {high}]") }
}

/// As [`interval`], with the sign in front of what is above zero.
fn difference(score: Score) -> String {
    let Interval { mean, low, high } = score.interval();
    let [mean, low, high] = [mean, low, high].map(|value| signed(value, 4));
    format!("{mean} [{low}, {high}]")
}

/// Columns as wide as their widest cell; the first is aligned left, the others as asked.
fn table(text: &mut String, rows: &[Vec<String>], right: bool) {
    let wide = |cell: &String| cell.chars().count();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|at| rows.iter().filter_map(|row| row.get(at)).map(wide).max().unwrap_or(0))
        .collect();
    for row in rows {
        let mut shown = String::from(" ");
        for (place, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            if right && place > 0 {
                write!(shown, "  {cell:>width$}").expect("writing to a string");
            } else {
                write!(shown, " {cell:<width$} ").expect("writing to a string");
            }
        }
        line(text, shown.trim_end());
    }
}
