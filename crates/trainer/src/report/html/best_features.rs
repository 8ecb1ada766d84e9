//! How far one feature alone gets: an alarm for features that have seen the outcome.

use super::markup::{banner, heads, note, number, row, subsection, table, text_head, words};
use crate::report::document::{BestFeature, LabelReport};
use crate::report::numbers::{decimals, thousands};

/// A banner when a feature alone is too good to be true; nothing otherwise.
pub(super) fn alarm(label: &LabelReport) -> String {
    let alarming: Vec<String> = label
        .best_features
        .iter()
        .filter(|best| !best.alarming.is_empty())
        .map(|best| format!("{} ({})", best.alarming.join(", "), best.symbol))
        .collect();
    if alarming.is_empty() {
        return String::new();
    }
    banner(
        "Features have probably seen the outcome.",
        &format!(
            "Each of these alone is right so often that it probably holds what came after the bar: {}. Every score below \
             may rest on that. Check how they are computed before you believe any of it.",
            alarming.join("; ")
        ),
    )
}

/// The best feature of each symbol beside answers that need no feature.
pub(super) fn render(label: &LabelReport) -> String {
    if label.best_features.is_empty() {
        return String::new();
    }
    let rows: Vec<String> = label.best_features.iter().map(best).collect();
    let mut columns = vec![text_head("Symbol"), text_head("Best feature")];
    columns
        .extend_from_slice(&heads(&["", "Its accuracy", "Commonest class", "Last class known", "Rows"])[1..]);
    columns.push(text_head("Alarming"));
    let html = [
        table("Accuracy on the last 40% of the rows", &columns, &rows),
        note(
            "Each feature alone, by a rule of twenty steps learned on the first 60% of the rows. The best of many is \
             flattered by the choice; it is here as an alarm and not as a forecast.",
        ),
    ];
    subsection("Best single feature", &html.concat())
}

fn best(best: &BestFeature) -> String {
    let accuracy = |value| number(&decimals(value, 3));
    row(
        &best.symbol,
        &[
            words(&best.feature),
            accuracy(best.accuracy),
            accuracy(best.majority),
            accuracy(best.persistence),
            number(&thousands(best.test_rows as u64)),
            words(&if best.alarming.is_empty() { "none".to_owned() } else { best.alarming.join(", ") }),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn only_an_alarming_feature_raises_the_alarm() {
        let mut label = sample::report().label;
        assert!(alarm(&label).is_empty());
        label.best_features[0].alarming = vec!["tomorrow".to_owned(), "<b>".to_owned()];
        let html = alarm(&label);
        assert!(html.contains("role=\"alert\"") && html.contains("tomorrow, &lt;b&gt; (BTCUSDT)"), "{html}");
    }
}
