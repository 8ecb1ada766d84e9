//! One self-contained page: no script, no request, light and dark, readable on a phone and on paper.

mod data;
mod folds;
mod interval_mark;
mod label;
mod markup;
mod models;
mod reproduce;
mod scores;
mod sparkline;
mod summary;

pub(super) use markup::escaped;

use super::charts::Chart;
use super::document::Report;

const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded, whatever a name in the report contains.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// Sections that the page links to.
const CONTENTS: [(&str, &str); 8] = [
    ("scores", "Scores"),
    ("label", "Label"),
    ("folds", "Folds"),
    ("models", "Models"),
    ("timeline", "Timeline"),
    ("training", "Fold by fold"),
    ("data", "Data"),
    ("reproduce", "Reproduce"),
];

/// The page.
pub(super) fn page(report: &Report, charts: &[Chart]) -> Result<String, serde_json::Error> {
    let drawn = Drawn { charts };
    let sections = [
        summary::render(report),
        contents(),
        scores::render(report),
        label::render(report)?,
        folds::timeline(report, &drawn),
        models::render(report, &drawn),
        timeline(&drawn),
        folds::table(report),
        data::render(&report.data),
        reproduce::render(report)?,
    ];
    let title = escaped(&report.run);
    let body = sections.concat();
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    ))
}

/// The charts by name.
struct Drawn<'a> {
    charts: &'a [Chart],
}

impl Drawn<'_> {
    /// A chart as a figure; nothing where there is none.
    fn figure(&self, name: &str, class: &str) -> String {
        let Some(chart) = self.charts.iter().find(|chart| chart.name == name) else {
            return String::new();
        };
        format!("<figure class=\"chart {class}\" tabindex=\"0\">\n{}</figure>\n", chart.svg)
    }
}

fn contents() -> String {
    let links = CONTENTS.map(|(id, name)| format!("<li><a href=\"#{id}\">{name}</a></li>"));
    format!("<nav aria-label=\"Contents\"><ul>{}</ul></nav>\n", links.concat())
}

fn timeline(drawn: &Drawn<'_>) -> String {
    let figure = drawn.figure("timeline", "wide");
    let note = "<p class=\"note\">Only rows outside the training data are shown. Where a pixel holds several bars, \
                a strip shows their most frequent class; blank stretches have no prediction.</p>\n";
    let none = "<p>There is no out-of-sample prediction to show.</p>\n";
    let html = if figure.is_empty() { none.to_owned() } else { format!("{figure}{note}") };
    markup::section("timeline", "Regime timeline", &html)
}
