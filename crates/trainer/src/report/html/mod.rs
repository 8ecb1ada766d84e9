//! One self-contained page: no script, no request, light and dark, readable on a phone and on paper.

mod attention;
mod best_features;
mod changed_bars;
mod clusters;
mod comparison;
mod confidence;
mod data;
mod economics;
mod ensemble;
mod explanation;
mod folds;
mod groups;
mod importance;
mod interval_mark;
mod label;
mod markup;
mod models;
mod prediction_sets;
mod reproduce;
mod scores;
mod sealed;
mod search;
mod sparkline;
mod split_words;
mod summary;
mod transitions;

pub(super) use comparison::comparison_page;
pub(super) use markup::escaped;
pub(super) use search::search_page;

use super::charts::Chart;
use super::document::Report;

const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded, whatever a name in the report contains.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// Sections that the page links to.
const CONTENTS: [(&str, &str); 12] = [
    ("scores", "Scores"),
    ("ensemble", "Ensemble"),
    ("changes", "Changed bars"),
    ("economics", "Economics"),
    ("sealed", "Sealed period"),
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
    let is_there = |(id, _): &&(&str, &str)| *id != "ensemble" || report.ensemble.is_some();
    let contents: Vec<(&str, &str)> = CONTENTS.iter().filter(is_there).copied().collect();
    let sections = [
        summary::render(report),
        navigation(&contents),
        scores::render(report),
        ensemble::render(report, &drawn),
        changed_bars::render(report),
        economics::render(report, &drawn),
        sealed::render(report),
        label::render(report)?,
        folds::timeline(report, &drawn),
        models::render(report, &drawn),
        timeline(&drawn),
        folds::table(report),
        data::render(report),
        reproduce::render(report)?,
    ];
    Ok(document(&report.run, &sections.concat()))
}

/// A whole document around the page's sections.
fn document(title: &str, html: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{html}</main>\n</body>\n</html>\n"
    )
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
        figure(&chart.svg, class)
    }
}

/// A drawing that scrolls sideways on its own where it is too wide.
fn figure(svg: &str, class: &str) -> String {
    format!("<figure class=\"chart {class}\" tabindex=\"0\">\n{svg}</figure>\n")
}

/// Links to sections by their ids.
fn navigation(contents: &[(&str, &str)]) -> String {
    let links: Vec<String> =
        contents.iter().map(|(id, name)| format!("<li><a href=\"#{id}\">{name}</a></li>")).collect();
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
