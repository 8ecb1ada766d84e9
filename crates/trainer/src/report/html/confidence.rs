//! What a model's probabilities are worth: parts of the Brier score, and accuracy where it is sure.

use evaluation::{SelectiveAccuracy, SelectiveScore};

use super::markup::{
    bodies, group, heads, narrow, note, number, optional, row, table, text_head, topic, words,
};
use crate::report::document::ModelReport;
use crate::report::numbers::{decimals, percent, round_percent, thousands};

/// From which share of the most confident calls one class is said to own them.
const OWNED: f64 = 0.9;

/// Murphy's parts of the Brier score.
pub(super) fn brier_parts(model: &ModelReport) -> String {
    let Some(parts) = &model.brier_parts else {
        return String::new();
    };
    let heads =
        heads(&["", "Brier ↓", "= Reliability ↓", "− Resolution ↑", "+ Uncertainty", "+ Within bins"]);
    let cells = [
        optional(model.metrics.as_ref().map(|metrics| metrics.brier.mean), 4),
        decimals(parts.reliability, 4),
        decimals(parts.resolution, 4),
        decimals(parts.uncertainty, 4),
        decimals(parts.within_bins, 4),
    ];
    let skill = (parts.resolution - parts.reliability) / parts.uncertainty;
    let text = format!(
        "Reliability: how far probabilities are from the frequencies that came. Resolution: how far they tell rows apart. \
         Uncertainty: the score of always saying the overall frequencies. Resolution minus reliability is {} of the \
         uncertainty.",
        percent(skill)
    );
    let rows = [row(&model.name, &cells.map(|cell| number(&cell)))];
    [table("Parts of the Brier score", &heads, &rows), note(&text)].concat()
}

/// Accuracy of the most confident calls, of all and of each class.
pub(super) fn selective(model: &ModelReport, classes: &[String]) -> String {
    let Some(selective) = &model.selective else {
        return String::new();
    };
    let mut columns = heads(&["Most confident", "Of all rows", "Rows", "Least confidence", "Accuracy ↑"]);
    columns.push(text_head("Calls"));
    let part = |name: &str, scores: &[SelectiveScore]| {
        let rows: Vec<String> = scores.iter().map(|score| confident(score, classes)).collect();
        let never = "<tr><td class=\"text\" colspan=\"6\">never called</td></tr>\n".to_owned();
        group(name, 6, if rows.is_empty() { std::slice::from_ref(&never) } else { &rows })
    };
    let mut groups = vec![part("Of all calls", &selective.pooled)];
    for (class, scores) in classes.iter().zip(&selective.per_class) {
        groups.push(part(&format!("Of the calls of {class}"), scores));
    }
    let html =
        [bodies("Accuracy where the model is surest", &columns, &groups), note(&owner(selective, classes))];
    html.concat()
}

fn confident(score: &SelectiveScore, classes: &[String]) -> String {
    let calls: Vec<String> = classes
        .iter()
        .zip(&score.calls)
        .filter(|(_, calls)| **calls > 0)
        .map(|(class, calls)| format!("{class} {}", thousands(*calls)))
        .collect();
    row(
        &round_percent(score.share),
        &[
            number(&percent(score.coverage)),
            number(&thousands(score.rows)),
            number(&decimals(score.confidence, 3)),
            number(&decimals(score.accuracy, 3)),
            words(&calls.join(" · ")),
        ],
    )
}

/// Whose calls the most confident ones are.
fn owner(selective: &SelectiveAccuracy, classes: &[String]) -> String {
    let general =
        "One class can own all confident calls: read the calls of each class before the pooled figure.";
    let Some(surest) = selective.pooled.first().filter(|score| score.rows > 0) else {
        return general.to_owned();
    };
    let most = surest.calls.iter().zip(classes).max_by_key(|(calls, _)| **calls);
    let Some((calls, class)) = most.filter(|(calls, _)| **calls as f64 >= OWNED * surest.rows as f64) else {
        return general.to_owned();
    };
    let of_calls = percent(*calls as f64 / surest.rows as f64);
    format!(
        "{of_calls} of the most confident {} of the calls are {class}. {general}",
        round_percent(surest.share)
    )
}

/// What correcting its probabilities changed.
pub(super) fn correction(model: &ModelReport) -> String {
    let Some(calibration) = &model.calibration else {
        return String::new();
    };
    let cells =
        |log_loss: Option<f64>, ece: Option<f64>| [number(&optional(log_loss, 4)), number(&optional(ece, 4))];
    let after = model.metrics.as_ref().map(|metrics| metrics.log_loss.mean);
    let rows = [
        row("Before", &cells(Some(calibration.log_loss_before), Some(calibration.ece_before))),
        row("After", &cells(after, model.ece)),
    ];
    let table = table("Out of sample", &heads(&["", "Log-loss ↓", "Calibration error ↓"]), &rows);
    let trials: Vec<String> = calibration
        .trials
        .iter()
        .map(|trial| format!("{} {}", trial.method.name(), decimals(trial.log_loss, 4)))
        .collect();
    let mut text = format!("The exported model is corrected by: {}.", calibration.method.name());
    if !trials.is_empty() {
        text = format!(
            "{text} Log-loss of each on later held-out rows than it was fitted on: {}.",
            trials.join(", ")
        );
    }
    topic("Correction of the probabilities", &[narrow(&table), note(&text)].concat())
}

/// Reliability bins as numbers.
pub(super) fn reliability(model: &ModelReport) -> String {
    let bins: Vec<String> = model
        .reliability
        .iter()
        .enumerate()
        .map(|(index, bin)| {
            let cells = [
                thousands(bin.rows),
                decimals(bin.confidence, 3),
                decimals(bin.accuracy, 3),
                decimals(bin.accuracy - bin.confidence, 3),
            ];
            row(&(index + 1).to_string(), &cells.map(|cell| number(&cell)))
        })
        .collect();
    if bins.is_empty() {
        return String::new();
    }
    let caption = "Bins of about equal rows, by the probability of the predicted class";
    let heads = heads(&["Bin", "Rows", "Mean probability", "Share right", "Right minus probability"]);
    super::markup::details(
        &format!("Reliability of {} as numbers", model.name),
        &table(caption, &heads, &bins),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_class_that_owns_the_confident_calls_is_named() {
        let mut model = sample::report().models[0].clone();
        let classes = ["low", "high"].map(str::to_owned);
        assert!(!selective(&model, &classes).contains("calls are low"));
        model.selective.as_mut().unwrap().pooled[0].calls = vec![1_990, 8];
        assert!(selective(&model, &classes).contains("99.6% of the most confident 10% of the calls are low"));
    }

    #[test]
    fn a_class_without_calls_says_so() {
        let model = &sample::report().models[0];
        let html = selective(model, &["low", "high"].map(str::to_owned));
        assert_eq!(html.matches("never called").count(), 1);
    }
}
