//! What it takes to get the same numbers again.

use super::markup::{code, details, escaped, facts, heads, row, section, table, text_head};
use crate::report::document::Report;
use crate::report::numbers::DASH;

pub(super) fn render(report: &Report) -> Result<String, serde_json::Error> {
    let commit = match (&report.git.commit, report.git.dirty) {
        (None, _) => "not built from a repository".to_owned(),
        (Some(commit), false) => code(commit),
        (Some(commit), true) => {
            format!("{} <strong>with uncommitted changes</strong>", code(commit))
        }
    };
    let config = serde_json::to_string_pretty(&report.config)?;
    let html = [
        "<p>Save the configuration below as <code>config.json</code> and run, on the same file:</p>\n"
            .to_owned(),
        format!("<pre>{}</pre>\n", escaped(&command_line(report))),
        facts(&[
            ("Program", escaped(&report.program_version)),
            ("Commit", commit),
            ("Seed", code(&report.seed.to_string())),
            ("Data fingerprint", code(&report.data.fingerprint)),
            ("Written at", escaped(&report.created_at)),
            ("Report format", report.format_version.to_string()),
        ]),
        bundles(report),
        details("Effective configuration", &format!("<pre>{}</pre>\n", escaped(&config))),
    ];
    Ok(section("reproduce", "Reproduce", &html.concat()))
}

/// The command that repeats the run.
fn command_line(report: &Report) -> String {
    let _ = report;
    "trainer train --config config.json".to_owned()
}

fn bundles(report: &Report) -> String {
    let rows: Vec<String> = report
        .models
        .iter()
        .map(|model| {
            let shown = |text: &Option<String>| text.as_deref().map_or_else(|| DASH.to_owned(), code);
            let cell = |html: String| format!("<td class=\"text\">{html}</td>");
            row(&model.name, &[cell(shown(&model.bundle)), cell(shown(&model.content_hash))])
        })
        .collect();
    let mut columns = heads(&["Model"]);
    columns.extend([text_head("Bundle"), text_head("Content hash")]);
    table("Bundles", &columns, &rows)
}
