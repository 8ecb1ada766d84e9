//! The scores of every model and baseline of every run.

use super::super::figure;
use super::super::markup::{bodies, details, escaped, heads, interval, number, row, section};
use crate::report::comparison::{AgainstBaseline, ComparedModel, ComparedRun, RunComparison, Score, Scores};
use crate::report::numbers::{decimals, signed};

const METRICS: [&str; 7] =
    ["", "Log-loss ↓", "Accuracy ↑", "Balanced accuracy ↑", "Brier ↓", "ROC-AUC ↑", "Calibration error ↓"];

pub(super) fn render(comparison: &RunComparison, plots: &[String; 2]) -> String {
    let plots: Vec<String> = plots.iter().map(|plot| figure(plot, "")).collect();
    let html = [
        format!("<div class=\"side-by-side\">\n{}</div>\n", plots.concat()),
        models(comparison),
        baselines(comparison),
        left_out(comparison),
    ];
    section("scores", "Scores out of sample", &html.concat())
}

fn group(run: &ComparedRun, columns: usize, rows: &[String]) -> String {
    let name = escaped(&format!("{} {}", run.letter, run.run));
    let head = format!("<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"{columns}\">{name}</th></tr>\n");
    format!("<tbody>\n{head}{}</tbody>\n", rows.concat())
}

fn models(comparison: &RunComparison) -> String {
    let mut columns = heads(&METRICS);
    columns.push(heads(&["", "Log-loss minus nearest baseline"])[1].clone());
    let groups: Vec<String> = comparison
        .runs
        .iter()
        .map(|run| group(run, columns.len(), &run.models.iter().map(model).collect::<Vec<_>>()))
        .collect();
    bodies("Models: mean and 95% interval on the out-of-sample rows of their run", &columns, &groups)
}

fn model(model: &ComparedModel) -> String {
    let Some(scores) = &model.scores else {
        let name = escaped(&model.name);
        return format!(
            "<tr><th scope=\"row\">{name}</th><td class=\"text\" colspan=\"7\">failed, so there are no scores</td></tr>\n"
        );
    };
    let mut cells = cells(scores);
    cells.push(model.nearest_baseline.as_ref().map_or_else(|| number(""), nearest));
    row(&model.name, &cells)
}

fn nearest(nearest: &AgainstBaseline) -> String {
    let difference = interval(&nearest.log_loss.interval(), |value| signed(value, 4));
    number(&format!("{difference}<span class=\"range\">{}</span>", escaped(&nearest.baseline)))
}

fn cells(scores: &Scores) -> Vec<String> {
    let cell = |score: Score, places: usize| {
        let score = score.interval();
        if score.low.is_nan() && score.high.is_nan() {
            return number(&decimals(score.mean, places));
        }
        number(&interval(&score, |value| decimals(value, places)))
    };
    vec![
        cell(scores.log_loss, 4),
        cell(scores.accuracy, 3),
        cell(scores.balanced_accuracy, 3),
        cell(scores.brier, 4),
        cell(scores.roc_auc, 3),
        cell(scores.ece.unwrap_or_default(), 4),
    ]
}

fn baselines(comparison: &RunComparison) -> String {
    let groups: Vec<String> = comparison
        .runs
        .iter()
        .map(|run| {
            let rows: Vec<String> =
                run.baselines.iter().map(|(name, scores)| row(name, &cells(scores))).collect();
            group(run, METRICS.len(), &rows)
        })
        .collect();
    let caption = "Baselines: mean and 95% interval on the out-of-sample rows of their run";
    details("Baselines as numbers", &bodies(caption, &heads(&METRICS), &groups))
}

fn left_out(comparison: &RunComparison) -> String {
    let items: Vec<String> = comparison
        .runs
        .iter()
        .flat_map(|run| run.baselines_left_out.iter().map(move |(name, why)| (run, name, why)))
        .map(|(run, name, why)| format!("<li>{}</li>\n", escaped(&format!("{} {name}: {why}", run.letter))))
        .collect();
    if items.is_empty() {
        return String::new();
    }
    details("Baselines without scores", &format!("<ul>\n{}</ul>\n", items.concat()))
}
