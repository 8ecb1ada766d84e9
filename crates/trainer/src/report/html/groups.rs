//! Scores of parts of the rows: where a model is good, and whether it decays.

use evaluation::{Estimate, GroupScores};

use super::Drawn;
use super::markup::{bodies, details, estimate, group, heads, note, number, row, table};
use crate::report::charts::file_name;
use crate::report::document::ModelReport;
use crate::report::numbers::{decimals, grouped, thousands};

/// Groupings that are shown as they are, in this order, and what they are by.
const SHOWN: [(&str, &str); 5] = [
    ("class", "By the class that came"),
    ("change", "By change: the class that came against the last one known"),
    ("age", "By the age of the model: bars since the newest row it learned from"),
    ("volatility", "By recent volatility: thirds of these rows"),
    ("symbol", "By symbol"),
];

const HEADS: [&str; 7] = ["", "Rows", "Worth", "Log-loss ↓", "Accuracy ↑", "Balanced accuracy ↑", "Brier ↓"];

pub(super) fn render(model: &ModelReport, drawn: &Drawn<'_>) -> String {
    let of = |by: &str| model.groups.iter().find(|group| group.by == by).map(|group| &group.groups);
    let tables: Vec<String> = SHOWN
        .iter()
        .filter_map(|(by, title)| {
            let rows: Vec<String> = of(by)?.iter().map(scores).collect();
            (!rows.is_empty()).then(|| group(title, HEADS.len(), &rows))
        })
        .collect();
    let mut html = String::new();
    if !tables.is_empty() {
        html.push_str(&bodies("Scores of parts of the rows", &heads(&HEADS), &tables));
        html.push_str(&note(
            "Worth: how many independent rows a part is worth. No interval is shown where too few draws hold rows of the \
             part. By the class that came, accuracy is the recall of that class.",
        ));
    }
    html.push_str(&drawn.figure(&file_name("log_loss_by_month", &model.name), "wide"));
    if let Some(months) = of("month").filter(|months| !months.is_empty()) {
        let rows: Vec<String> = months.iter().map(scores).collect();
        let table = table("Scores by month (UTC)", &heads(&HEADS), &rows);
        html.push_str(&details(&format!("All {} months of {}", rows.len(), model.name), &table));
    }
    html
}

fn scores(scores: &GroupScores) -> String {
    let cell = |score: &Estimate, places: usize| number(&estimate(score, |value| decimals(value, places)));
    row(
        &scores.group,
        &[
            number(&thousands(scores.rows)),
            number(&grouped(scores.effective_rows, 0)),
            cell(&scores.log_loss, 4),
            cell(&scores.accuracy, 3),
            cell(&scores.balanced_accuracy, 3),
            cell(&scores.brier, 4),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn months_are_on_demand_and_the_rest_is_shown() {
        let model = &sample::report().models[0];
        let html = render(model, &Drawn { charts: &[] });
        let (shown, on_demand) = html.split_once("<details>").unwrap();
        assert!(shown.contains("unchanged") && !shown.contains("2024-05"));
        assert!(on_demand.contains("2024-05") && on_demand.contains("All 2 months"));
    }

    #[test]
    fn a_model_without_parts_shows_nothing() {
        let mut model = sample::report().models[0].clone();
        model.groups.clear();
        assert!(render(&model, &Drawn { charts: &[] }).is_empty());
    }
}
