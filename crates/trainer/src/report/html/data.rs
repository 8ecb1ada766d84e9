//! The bars and what was found in them.

use data::{FindingKind, QualityReport};

use super::markup::{
    code, details, escaped, facts, heads, instant, number, row, section, subsection, table, text_head, words,
};
use crate::report::document::{DataReport, Report};
use crate::report::numbers::thousands;

pub(super) fn render(report: &Report) -> String {
    let html = if report.pool.is_empty() {
        bars(&report.data)
    } else {
        let symbols = report.pool.iter().map(|data| subsection(&data.symbol, &bars(data)));
        std::iter::once(overview(&report.pool)).chain(symbols).collect::<Vec<_>>().concat()
    };
    section("data", "Data quality", &html)
}

/// The symbols of a pool side by side.
fn overview(pool: &[DataReport]) -> String {
    let rows: Vec<String> = pool
        .iter()
        .map(|data| {
            let quality = &data.quality;
            let cells = [
                instant(quality.first),
                instant(quality.last),
                thousands(quality.bars),
                thousands(data.usable_rows as u64),
                thousands(quality.missing_bars),
                thousands(quality.segments),
            ];
            row(&data.symbol, &cells.map(|cell| number(&cell)))
        })
        .collect();
    let heads = heads(&["Symbol", "From (UTC)", "until", "Bars", "Usable rows", "Missing bars", "Segments"]);
    table("The symbols of the pool", &heads, &rows)
}

fn bars(data: &DataReport) -> String {
    let quality = &data.quality;
    let used = format!(
        "{} of {} rows ({} dropped)",
        thousands(quality.bars),
        thousands(quality.rows),
        thousands(quality.dropped)
    );
    let segments = format!(
        "{} (a hole of more than {} bars starts a new one)",
        thousands(quality.segments),
        thousands(quality.max_missing_bars)
    );
    [
        facts(&[
            ("File", code(&data.path)),
            ("Series", format!("{} {}", escaped(&data.symbol), escaped(&data.timeframe))),
            ("Layout", escaped(&format!("{}, times in {}", quality.layout, quality.time_format))),
            ("Span (UTC)", format!("{} to {}", instant(quality.first), instant(quality.last))),
            ("Bars", used),
            ("Usable rows", thousands(data.usable_rows as u64)),
            ("Segments", segments),
            (
                "Missing bars",
                format!("{} in {} holes", thousands(quality.missing_bars), thousands(quality.holes_total)),
            ),
        ]),
        holes(quality),
        findings(quality),
    ]
    .concat()
}

fn holes(quality: &QualityReport) -> String {
    if quality.holes.is_empty() {
        return String::new();
    }
    let rows: Vec<String> = quality
        .holes
        .iter()
        .map(|hole| {
            let cuts = hole.missing_bars > quality.max_missing_bars;
            row(
                &instant(hole.after),
                &[
                    number(&instant(hole.before)),
                    number(&thousands(hole.missing_bars)),
                    words(if cuts { "cuts the series" } else { "" }),
                ],
            )
        })
        .collect();
    let mut columns = heads(&["Last bar before", "First bar behind", "Missing bars"]);
    columns.push(text_head(""));
    let shown = rows.len() as u64;
    let summary = if shown < quality.holes_total {
        format!("The {shown} longest of {} holes", thousands(quality.holes_total))
    } else {
        format!("All {shown} holes")
    };
    let html = table("Holes, by the open times around them (UTC)", &columns, &rows);
    if shown <= 10 { html } else { details(&summary, &html) }
}

/// Kinds, their names, and the longest run of those that run.
fn kinds(quality: &QualityReport) -> [(FindingKind, &'static str, u64); 9] {
    [
        (FindingKind::Duplicates, "Duplicate times", 0),
        (FindingKind::OutOfOrder, "Out of order", 0),
        (FindingKind::InvalidBars, "Invalid bars", 0),
        (FindingKind::ZeroVolumeRuns, "Zero volume", quality.longest_zero_volume_run),
        (FindingKind::FlatBars, "Flat bars", quality.longest_flat_run),
        (FindingKind::Outliers, "Outliers", 0),
        (FindingKind::OffGrid, "Off the grid", 0),
        (FindingKind::ShortBars, "Short bars", 0),
        (FindingKind::DaylightSaving, "Skipped hours", 0),
    ]
}

fn findings(quality: &QualityReport) -> String {
    if quality.is_clean() {
        return "<p>Nothing was found: no holes, duplicates, disorder, invalid or unusual bars.</p>\n"
            .to_owned();
    }
    let rows: Vec<String> = kinds(quality)
        .iter()
        .map(|(kind, name, run)| {
            let run = if *run > 1 { format!("up to {} in a row", thousands(*run)) } else { String::new() };
            row(name, &[number(&thousands(quality.count(*kind))), words(&run)])
        })
        .collect();
    let mut columns = heads(&["Finding", "Bars"]);
    columns.push(text_head(""));
    let examples: Vec<String> = quality
        .examples
        .iter()
        .map(|example| {
            let cells = [words(example.kind.key()), number(&instant(example.time)), words(&example.detail)];
            let line = thousands(example.line);
            row(&example.file.as_ref().map_or(line.clone(), |file| format!("{file} {line}")), &cells)
        })
        .collect();
    let examples = if examples.is_empty() {
        String::new()
    } else {
        let columns = [text_head("Line"), text_head("Finding"), heads(&["", "Open time"])[1].clone()];
        let columns = [columns.as_slice(), &[text_head("Detail")]].concat();
        details("Examples", &table("The first findings of each kind", &columns, &examples))
    };
    [table("What was found", &columns, &rows), examples].concat()
}
