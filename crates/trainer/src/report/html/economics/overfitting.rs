//! Everybody's Sharpe ratio, and how probably the best of them is only the luckiest.

use super::super::markup::{
    facts, heads, narrow, note, number, optional, paragraph, row, subsection, table, text_head, words,
};
use crate::report::document::Report;
use crate::report::numbers::{decimals, percent, thousands};

pub(super) fn render(report: &Report) -> String {
    let html = [ratios(report), probability(report)].concat();
    if html.is_empty() { html } else { subsection("Against the baselines’ strategies", &html) }
}

fn ratios(report: &Report) -> String {
    let mut ratios: Vec<(&String, f64)> =
        report.economics.sharpe_ratios.iter().map(|(name, ratio)| (name, *ratio)).collect();
    if ratios.is_empty() {
        return String::new();
    }
    ratios.sort_by(|a, b| b.1.total_cmp(&a.1));
    let is_model = |name: &str| report.models.iter().any(|model| model.name == name);
    let rows: Vec<String> = ratios
        .iter()
        .map(|(name, ratio)| {
            let kind = if is_model(name) { "model" } else { "baseline" };
            row(name, &[number(&decimals(*ratio, 2)), words(kind)])
        })
        .collect();
    let mut columns = heads(&["", "Sharpe ratio, a year"]);
    columns.push(text_head(""));
    [
        narrow(&table("The same rule on everybody’s predictions, after costs", &columns, &rows)),
        note("Mean over symbols and paths. Without intervals: order alone is no ranking."),
    ]
    .concat()
}

fn probability(report: &Report) -> String {
    let economics = &report.economics;
    let Some(found) = &economics.overfitting else {
        let why = economics.overfitting_missing.as_deref();
        return why.map_or_else(String::new, |why| {
            paragraph(&format!("The probability of backtest overfitting is not given: {why}."))
        });
    };
    let numbers = facts(&[
        ("Probability of backtest overfitting", percent(found.probability)),
        ("Probability that the chosen one loses", percent(found.probability_of_loss)),
        ("Median relative rank of the chosen one", decimals(found.median_rank, 2)),
        ("Slope of later on earlier results", optional(found.degradation, 2)),
    ]);
    let text = format!(
        "Of {} strategies the best on one half of the time is chosen and judged on the other half, in {} ways to halve \
         it. The first figure is how often the chosen one then is in the lower half: above 50% choosing does harm.",
        thousands(found.trials),
        thousands(found.splits)
    );
    [numbers, note(&text)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_probability_or_its_absence_is_told() {
        let mut report = sample::report();
        assert!(render(&report).contains("37.0%"));
        report.economics.overfitting = None;
        report.economics.overfitting_missing = Some("7 strategies are too few".to_owned());
        let html = render(&report);
        assert!(html.contains("is not given: 7 strategies are too few.") && !html.contains("<dl>"), "{html}");
    }

    #[test]
    fn the_best_ratio_comes_first() {
        let html = render(&sample::report());
        let at = |name: &str| html.find(&format!("\"row\">{name}<")).unwrap();
        assert!(at("random_forest") < at("persistence") && at("persistence") < at("hmm"));
    }
}
