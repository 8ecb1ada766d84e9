//! How the predicted class follows the class that came: how soon, how often, how restlessly.

use evaluation::DetectionScores;

use super::markup::{heads, narrow, note, number, optional, optional_estimate, row, table};
use crate::report::document::{ModelReport, Report};
use crate::report::numbers::{decimals, percent, thousands};

pub(super) fn render(report: &Report, model: &ModelReport) -> String {
    let Some(scores) = &model.transitions else {
        return note(
            "How fast the predicted class follows is not shown: rows are answered several times, so they are no one \
             course of time.",
        );
    };
    let caption = "How the predicted class follows the class that came";
    [
        narrow(&table(caption, &heads(&["", "Value and 95% interval"]), &rows(scores))),
        note(&words(report, scores)),
    ]
    .concat()
}

fn rows(scores: &DetectionScores) -> Vec<String> {
    let one = |value: f64| decimals(value, 1);
    let facts = [
        ("Switches seen in time ↑", optional_estimate(scores.hit_rate.as_ref(), percent)),
        ("Switches seen at all ↑", optional_estimate(scores.detected.as_ref(), percent)),
        ("Median delay of those seen, bars ↓", optional_estimate(scores.median_delay.as_ref(), one)),
        (
            "Median delay, those never seen last, bars ↓",
            optional_estimate(scores.median_delay_of_all.as_ref(), one),
        ),
        (
            "Flicker: predicted switches for each true one",
            optional_estimate(scores.flicker_rate.as_ref(), |value| decimals(value, 2)),
        ),
        (
            "Switches, true and predicted",
            format!("{} and {}", thousands(scores.true_switches), thousands(scores.predicted_switches)),
        ),
        (
            "Mean duration in bars, true and predicted",
            format!(
                "{} and {}",
                optional(scores.mean_true_duration, 1),
                optional(scores.mean_predicted_duration, 1)
            ),
        ),
    ];
    facts.map(|(name, html)| row(name, &[number(&html)])).to_vec()
}

fn words(report: &Report, scores: &DetectionScores) -> String {
    format!(
        "On {} rows. A switch is seen when the predicted class is right several rows in a row, and in time when that \
         begins at most {} bars after it and before the next one. Flicker above one is a model that changes its mind \
         more often than the truth. Intervals resample the spells of the true class.",
        thousands(scores.bars),
        report.label.horizon
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::numbers::DASH;
    use crate::report::sample;

    #[test]
    fn without_one_course_of_time_there_is_a_reason_and_no_table() {
        let mut report = sample::report();
        assert!(render(&report, &report.models[0]).contains("62.0%"));
        report.models[0].transitions = None;
        let html = render(&report, &report.models[0]);
        assert!(html.contains("answered several times") && !html.contains("<table>"));
    }

    #[test]
    fn what_is_not_known_is_a_dash() {
        let mut scores = sample::report().models[0].transitions.unwrap();
        (scores.hit_rate, scores.mean_predicted_duration) = (None, None);
        let rows = rows(&scores);
        assert!(rows[0].contains(DASH) && rows[6].ends_with(&format!("37.3 and {DASH}</td></tr>\n")));
    }
}
