//! What the runs share, and where they differ.

use super::super::markup::{escaped, facts, row, section, table, text_head, words};
use crate::report::comparison::{Part, RunComparison};

pub(super) fn render(comparison: &RunComparison) -> String {
    let letters = comparison.runs.iter().map(|run| text_head(&run.letter));
    let columns: Vec<String> = std::iter::once(text_head("")).chain(letters).collect();
    let (same, different): (Vec<&Part>, Vec<&Part>) = comparison.parts.iter().partition(|part| part.same);
    let different: Vec<String> = different
        .iter()
        .map(|part| row(part.name, &part.values.iter().map(|value| words(value)).collect::<Vec<_>>()))
        .collect();
    let config: Vec<String> = comparison
        .config_differences
        .iter()
        .map(|difference| {
            row(&difference.key, &difference.shown().map(|value| words(&value)).collect::<Vec<_>>())
        })
        .collect();
    let html = [
        titled("Different", &different, |rows| table("What is not the same in all runs", &columns, rows)),
        titled("Configuration", &config, |rows| {
            table("Values of the effective configurations that are not the same", &columns, rows)
        }),
        titled("The same in all", &same, |parts| {
            let pairs: Vec<(&str, String)> =
                parts.iter().map(|part| (part.name, escaped(&part.values[0]))).collect();
            facts(&pairs)
        }),
    ];
    section("differences", "What differs and what is shared", &html.concat())
}

/// Something under a heading, or the word that there is nothing.
fn titled<T>(title: &str, parts: &[T], html: impl FnOnce(&[T]) -> String) -> String {
    let html = if parts.is_empty() { "<p>Nothing.</p>\n".to_owned() } else { html(parts) };
    format!("<h3>{}</h3>\n{html}", escaped(title))
}
