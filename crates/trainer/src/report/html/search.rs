//! The page of a search.

use super::markup::{heads, note, number, paragraph, row, section, table, text_head, words};
use super::{document, figure};
use crate::report::search::SearchPage;

/// The page.
pub(in crate::report) fn search_page(page: &SearchPage<'_>, svg: &str) -> String {
    let mut columns = heads(&["Trial"]);
    columns.extend(page.keys.iter().map(|key| text_head(key)));
    columns.push(text_head("How it ended"));
    columns.extend(heads(&["", "Log-loss ↓", "Accuracy ↑", "Seconds"]).split_off(1));
    let rows: Vec<String> = page
        .rows
        .iter()
        .map(|cells| {
            let texts = page.keys.len() + 1;
            let html: Vec<String> = cells[1..]
                .iter()
                .enumerate()
                .map(|(place, cell)| if place < texts { words(cell) } else { number(cell) })
                .collect();
            row(&cells[0], &html)
        })
        .collect();
    let notes: Vec<String> = page.notes.iter().map(|text| note(text)).collect();
    let html = [
        format!("<header>\n<h1>{}</h1>\n</header>\n", super::escaped(page.name)),
        section("verdict", "What it was worth", &[paragraph(page.verdict), notes.concat()].concat()),
        section("trials", "Trials", &[figure(svg, "wide"), table("Every trial", &columns, &rows)].concat()),
    ];
    document(page.name, &html.concat())
}
