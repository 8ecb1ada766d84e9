//! Models and baselines side by side, and the paired differences between them.

use evaluation::{Difference, Interval, Metrics};

use super::interval_mark::Scale;
use super::markup::{bodies, escaped, heads, interval, number, row, section, table, text_head};
use crate::report::document::{ModelReport, Report};
use crate::report::numbers::{decimals, grouped, signed, thousands};

pub(super) fn render(report: &Report) -> String {
    let html =
        [scores(report), left_out(report), differences(report), intervals(report), trials(report)].concat();
    section("scores", "Scores out of sample", &html)
}

/// Heads of [`cells`].
pub(super) const METRICS: [&str; 7] =
    ["", "Log-loss ↓", "Accuracy ↑", "Balanced accuracy ↑", "Macro-F1 ↑", "Brier ↓", "ROC-AUC ↑"];

fn scores(report: &Report) -> String {
    let scored = |model: &ModelReport| match &model.metrics {
        Some(metrics) => row(&model.name, &cells(metrics)),
        None => {
            format!(
                "<tr><th scope=\"row\">{}</th><td class=\"text\" colspan=\"6\">failed, so there are no scores</td></tr>\n",
                escaped(&model.name)
            )
        }
    };
    let models: Vec<String> = report.models.iter().map(scored).collect();
    let baselines: Vec<String> =
        report.baselines.iter().map(|(name, metrics)| row(name, &cells(metrics))).collect();
    let group = |name: &str, rows: Vec<String>| {
        let head = format!("<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"7\">{name}</th></tr>\n");
        format!("<tbody>\n{head}{}</tbody>\n", rows.concat())
    };
    let groups = [group("Models", models), group("Baselines", baselines)];
    bodies("Mean and 95% interval on the pooled out-of-sample rows", &heads(&METRICS), &groups)
}

fn left_out(report: &Report) -> String {
    let baselines = report.baselines_left_out.iter();
    let items: Vec<String> =
        baselines.map(|(name, why)| format!("<li>{}: {}</li>\n", escaped(name), escaped(why))).collect();
    if items.is_empty() {
        return String::new();
    }
    format!("<p>Baselines without scores:</p>\n<ul>\n{}</ul>\n", items.concat())
}

/// The scores of one model or baseline.
pub(super) fn cells(metrics: &Metrics) -> Vec<String> {
    let cell = |score: &Interval, places: usize| number(&interval(score, |value| decimals(value, places)));
    vec![
        cell(&metrics.log_loss, 4),
        cell(&metrics.accuracy, 3),
        cell(&metrics.balanced_accuracy, 3),
        cell(&metrics.macro_f1, 3),
        cell(&metrics.brier, 4),
        cell(&metrics.roc_auc, 3),
    ]
}

fn differences(report: &Report) -> String {
    let all = report.models.iter().flat_map(|model| model.versus.values());
    let scale = Scale::of(all.map(|difference| &difference.log_loss));
    let groups: Vec<String> = report
        .models
        .iter()
        .filter(|model| !model.versus.is_empty())
        .map(|model| {
            let rows: Vec<String> =
                model.versus.iter().map(|(name, difference)| compared(name, difference, scale)).collect();
            let name = escaped(&model.name);
            let head = format!(
                "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"6\">{name} minus the baseline</th></tr>\n"
            );
            format!("<tbody>\n{head}{}</tbody>\n", rows.concat())
        })
        .collect();
    if groups.is_empty() {
        return String::new();
    }
    let columns = [heads(&["Baseline"]), difference_heads()].concat();
    bodies(DIFFERENCES, &columns, &groups)
}

/// Caption of a table of paired differences.
pub(super) const DIFFERENCES: &str =
    "Paired differences on the same rows: log-loss below zero and accuracy above zero are better";

/// Heads of the columns of [`difference_cells`].
pub(super) fn difference_heads() -> Vec<String> {
    let number_head = |text: &str| heads(&["", text])[1].clone();
    vec![
        number_head("Log-loss difference"),
        text_head("Around zero"),
        text_head("By log-loss"),
        number_head("Accuracy difference"),
        text_head("By accuracy"),
    ]
}

fn compared(baseline: &str, difference: &Difference, scale: Scale) -> String {
    row(baseline, &difference_cells(difference, scale))
}

/// A difference in numbers, as a picture and in words.
pub(super) fn difference_cells(difference: &Difference, scale: Scale) -> Vec<String> {
    let shown = |score: &Interval, places: usize| interval(score, |value| signed(value, places));
    let flipped = Interval {
        mean: -difference.accuracy.mean,
        low: -difference.accuracy.high,
        high: -difference.accuracy.low,
    };
    vec![
        number(&shown(&difference.log_loss, 4)),
        format!("<td class=\"text\">{}</td>", scale.picture(&difference.log_loss)),
        verdict(word(&difference.log_loss)),
        number(&shown(&difference.accuracy, 3)),
        verdict(word(&flipped)),
    ]
}

fn verdict(word: &str) -> String {
    format!("<td class=\"text word\">{word}</td>")
}

/// What an interval of a difference says, when below zero is better.
fn word(difference: &Interval) -> &'static str {
    if difference.high < 0.0 {
        "better"
    } else if difference.low > 0.0 {
        "worse"
    } else if difference.low.is_finite() && difference.high.is_finite() {
        "can’t be told apart"
    } else {
        "unknown"
    }
}

fn intervals(report: &Report) -> String {
    let validation = &report.validation;
    format!(
        "<p class=\"note\">Intervals are 95%, from a stationary block bootstrap with {} draws and a mean block of {} \
         rows. The {} out-of-sample rows overlap in time and are worth about {} independent ones. The intervals hold \
         the models fixed: the variance of fitting them again is not in them.</p>\n",
        thousands(validation.bootstrap_draws as u64),
        decimals(validation.block_length, 1),
        thousands(validation.out_of_sample_rows as u64),
        grouped(validation.effective_rows, 0),
    )
}

fn trials(report: &Report) -> String {
    let tried = report.trials.on_this_data;
    let (count, verb) = (thousands(tried as u64), if tried == 1 { "pair has" } else { "pairs have" });
    format!(
        "<p class=\"note\"><strong>{count} model × configuration {verb} been scored on these bars so far</strong>, this \
         run’s included. The more are tried, the better the best of them looks by luck alone; no interval above \
         corrects for that.</p>\n"
    )
}

/// Scores of each class of a model.
pub(super) fn per_class(model: &ModelReport) -> String {
    let optional = |value| number(&super::markup::optional(value, 3));
    let rows: Vec<String> = model
        .per_class
        .iter()
        .map(|class| {
            row(
                &class.class,
                &[
                    number(&thousands(class.rows)),
                    optional(class.precision),
                    optional(class.recall),
                    optional(class.f1),
                ],
            )
        })
        .collect();
    let caption = format!("{}, class by class", model.name);
    table(&caption, &heads(&["Class", "Rows", "Precision", "Recall", "F1"]), &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_follows_the_interval_and_not_the_mean() {
        let of = |low, high| word(&Interval { mean: -0.01, low, high });
        assert_eq!([of(-0.02, -0.001), of(-0.02, 0.001)], ["better", "can’t be told apart"]);
        assert_eq!([of(0.001, 0.02), of(f64::NAN, 0.02)], ["worse", "unknown"]);
    }
}
