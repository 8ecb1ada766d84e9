//! What it takes to get the same numbers again.

use pipeline::GitState;

use super::markup::{code, details, escaped, facts, heads, row, section, table, text_head};
use crate::report::document::Report;
use crate::report::numbers::DASH;

pub(super) fn render(report: &Report) -> Result<String, serde_json::Error> {
    let config = serde_json::to_string_pretty(&report.config)?;
    let html = [
        "<p>With the same commit, config file and bars, this gives the same models.</p>\n".to_owned(),
        format!("<pre>{}</pre>\n", escaped(&command_line(&report.command))),
        facts(&[
            ("Program", escaped(&report.program_version)),
            ("Commit", commit(&report.git)),
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

/// The source that the program was built from.
pub(super) fn commit(git: &GitState) -> String {
    match (&git.commit, git.dirty) {
        (None, _) => "not built from a repository".to_owned(),
        (Some(commit), false) => code(commit),
        (Some(commit), true) => {
            format!("{} <strong>with uncommitted changes</strong>", code(commit))
        }
    }
}

/// The command that repeats a run, for a shell.
pub(super) fn command_line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// A word of a shell command, in quotes where it needs them.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-=,:@".contains(letter);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_blanks_or_quotes_stay_one_word() {
        assert_eq!(quoted("data/BTCUSDT-5m.csv.gz"), "data/BTCUSDT-5m.csv.gz");
        assert_eq!(quoted("my bars; it's.csv"), "'my bars; it'\\''s.csv'");
    }
}
