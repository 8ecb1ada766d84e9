//! Who is right on the rows where the class is another than the last one known.

use evaluation::{Estimate, Interval};

use super::interval_mark::Scale;
use super::markup::{bodies, estimate, group, heads, narrow, number, row, section, text_head};
use crate::report::document::Report;
use crate::report::numbers::decimals;

pub(super) fn render(report: &Report) -> String {
    if report.changed_bars.is_empty() {
        return section(
            "changes",
            "Changed bars",
            "<p>No row has another class than the last one known.</p>\n",
        );
    }
    let scale = Scale::of(report.changed_bars.values().map(as_interval).collect::<Vec<_>>().iter());
    let line = |(name, score): (&String, &Estimate)| {
        let picture = format!("<td class=\"text\">{}</td>", scale.picture(&as_interval(score)));
        row(name, &[number(&estimate(score, |value| decimals(value, 3))), picture])
    };
    let is_model = |name: &String| report.models.iter().any(|model| model.name == *name);
    let scored = report.models.iter().filter_map(|model| report.changed_bars.get_key_value(&model.name));
    let models: Vec<String> = scored.map(line).collect();
    let mut others: Vec<_> = report.changed_bars.iter().filter(|(name, _)| !is_model(name)).collect();
    others.sort_by(|a, b| b.1.value.total_cmp(&a.1.value));
    let baselines: Vec<String> = others.into_iter().map(line).collect();
    let groups: Vec<String> = [("Models", models), ("Baselines", baselines)]
        .iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(name, rows)| group(name, 3, rows))
        .collect();
    let intro = "<p>Accuracy on the rows whose class differs from the last class known when the prediction was made. \
                 Repeating that class is never right on them, so whoever is good only at standing still is found out \
                 here. Whoever always calls a change does well here and badly elsewhere: read it beside the scores of \
                 all rows.</p>\n";
    let caption = "Accuracy on changed bars, with its 95% interval";
    let mut columns = heads(&["", "Accuracy ↑"]);
    columns.push(text_head("From zero"));
    let html = [intro.to_owned(), narrow(&bodies(caption, &columns, &groups))];
    section("changes", "Changed bars", &html.concat())
}

fn as_interval(score: &Estimate) -> Interval {
    let [low, high] = [score.low, score.high].map(|end| end.unwrap_or(f64::NAN));
    Interval { mean: score.value, low, high }
}
