//! Does a model beat the baselines, in plain words?

use std::collections::BTreeMap;
use std::fmt::Write;

use evaluation::{Difference, Interval};

use crate::report::FoldSpans;

/// One sentence by log-loss and one by accuracy, and whether the model's log-loss is below every baseline's
/// with the whole interval. Folds that were left out are named: the score says nothing about them.
pub(crate) fn verdict(
    model: &str,
    versus: &BTreeMap<String, Difference>,
    folds: &[FoldSpans],
) -> (String, bool) {
    if versus.is_empty() {
        let why = "every baseline failed, so its scores mean nothing by themselves";
        return (format!("{model} can't be judged out of sample: {why}."), false);
    }
    let by_log_loss = compare(versus, |difference| difference.log_loss, -1.0);
    let by_accuracy = compare(versus, |difference| difference.accuracy, 1.0);
    let all = versus.values().all(|difference| difference.log_loss.high < 0.0);
    let beats = if all { "beats" } else { "does not beat" };
    let mut text = format!(
        "{model} {beats} every baseline out of sample. By log-loss (nats, below zero is better) {by_log_loss}. By accuracy {by_accuracy}."
    );
    let left_out: Vec<String> = folds
        .iter()
        .filter(|fold| fold.left_out)
        .map(|fold| format!("fold {} ({})", fold.fold, fold.notes.join("; ")))
        .collect();
    if !left_out.is_empty() {
        write!(text, " Left out, {} of {} folds: {}.", left_out.len(), folds.len(), left_out.join(", "))
            .expect("writing to a string");
    }
    (text, all)
}

/// «it is better than a (…) and, by more, b; it is worse than c (…)»; `better` is the sign of an improvement. Of
/// those that it beats, the figure of the nearest says how much; of the others every figure counts.
fn compare(
    versus: &BTreeMap<String, Difference>,
    of: impl Fn(&Difference) -> Interval,
    better: f64,
) -> String {
    let mut groups = [const { Vec::new() }; 3];
    for (name, difference) in versus {
        let difference = of(difference);
        let (low, high) = (difference.low * better, difference.high * better);
        let group = if low.min(high) > 0.0 {
            0
        } else if low.max(high) < 0.0 {
            1
        } else {
            2
        };
        groups[group].push((name.as_str(), difference));
    }
    let [mut beaten, worse, apart] = groups;
    beaten.sort_by(|a, b| a.1.mean.abs().total_cmp(&b.1.mean.abs()));
    let mut parts = Vec::new();
    if let Some(((name, nearest), others)) = beaten.split_first() {
        let mut text = format!("it is better than {name} ({})", signed(nearest));
        if !others.is_empty() {
            let names: Vec<&str> = others.iter().map(|(name, _)| *name).collect();
            text = format!("{text} and, by more, {}", names.join(", "));
        }
        parts.push(text);
    }
    for (words, group) in [("it is worse than", worse), ("it can't be told apart from", apart)] {
        let figures: Vec<String> =
            group.iter().map(|(name, difference)| format!("{name} ({})", signed(difference))).collect();
        if !figures.is_empty() {
            parts.push(format!("{words} {}", figures.join(" and ")));
        }
    }
    parts.join("; ")
}

/// `−0.031 [−0.040, −0.022]`
pub(crate) fn signed(interval: &Interval) -> String {
    format!("{:+.4} [{:+.4}, {:+.4}]", interval.mean, interval.low, interval.high).replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(low: f64, high: f64) -> Difference {
        let log_loss = Interval { mean: f64::midpoint(low, high), low, high };
        Difference { log_loss, accuracy: log_loss }
    }

    fn versus(differences: [(&str, f64, f64); 2]) -> BTreeMap<String, Difference> {
        differences.map(|(name, low, high)| (name.to_owned(), difference(low, high))).into()
    }

    #[test]
    fn beats_only_with_the_whole_interval() {
        let (text, all) =
            verdict("lstm", &versus([("majority", -0.2, -0.1), ("persistence", -0.03, -0.01)]), &[]);
        assert!(all && text.starts_with("lstm beats every baseline out of sample."), "{text}");
        assert!(
            text.contains(
                "it is better than persistence (−0.0200 [−0.0300, −0.0100]) and, by more, majority"
            ),
            "{text}"
        );
        let (text, all) =
            verdict("lstm", &versus([("majority", -0.2, -0.1), ("persistence", -0.03, 0.01)]), &[]);
        assert!(!all && text.contains("does not beat every baseline"), "{text}");
        assert!(text.contains("can't be told apart from persistence"), "{text}");
        let (text, all) =
            verdict("lstm", &versus([("majority", 0.1, 0.2), ("persistence", -0.03, -0.01)]), &[]);
        assert!(!all && text.contains("worse than majority (+0.1500"), "{text}");
    }

    #[test]
    fn a_better_log_loss_does_not_hide_a_worse_accuracy() {
        // The same interval below zero: better by log-loss, worse by accuracy.
        let (text, all) =
            verdict("forest", &versus([("majority", -0.2, -0.1), ("persistence", -0.03, -0.01)]), &[]);
        let (_, accuracy) = text.split_once("By accuracy").unwrap();
        assert!(
            all && accuracy.contains("worse than majority") && accuracy.contains("and persistence"),
            "{text}"
        );
    }
}
