//! What the check says in the end.

use std::fmt::Write;

use serde::Serialize;

use super::finding::SubjectReport;

/// Findings of one subject that are told in full on a terminal.
const TOLD: usize = 12;

/// The whole check.
#[derive(Debug, Serialize)]
pub(crate) struct LeakReport {
    pub(crate) clean: bool,
    pub(crate) symbol: String,
    pub(crate) timeframe: String,
    pub(crate) bars: usize,
    pub(crate) fingerprint: String,
    pub(crate) seed: u64,
    /// Positions of the first bar that was cut off or replaced.
    pub(crate) cuts: Vec<usize>,
    pub(crate) subjects: Vec<SubjectReport>,
}

impl LeakReport {
    pub(crate) fn leaks(&self) -> usize {
        self.subjects.iter().map(|subject| subject.findings.len()).sum()
    }

    /// A table for each subject, then the leaks, then one sentence.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for subject in &self.subjects {
            write_subject(&mut text, subject).expect("writing to a string");
        }
        text.push_str(&self.verdict());
        text
    }

    fn verdict(&self) -> String {
        let count =
            |kind: &str| self.subjects.iter().filter(|s| s.kind == kind).map(|s| s.columns).sum::<usize>();
        let things = [(count("features"), "feature", "features"), (count("label"), "label", "labels")];
        let things: Vec<String> = things
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        let of = format!(
            "{} on {} bars of {}",
            things.join(" and "),
            data::thousands(self.bars as u64),
            self.symbol
        );
        let judged = self.subjects.iter().flat_map(|subject| &subject.tests);
        let skipped = judged.filter(|test| test.not_judged.is_some()).count();
        match (self.leaks(), skipped) {
            (0, 0) => format!("No leak in {of}."),
            (0, 1) => format!("No leak in {of}; one test could not be made."),
            (0, skipped) => format!("No leak in {of}; {skipped} tests could not be made."),
            (1, _) => format!("One leak in {of}."),
            (leaks, _) => format!("{leaks} leaks in {of}."),
        }
    }
}

fn write_subject(text: &mut String, subject: &SubjectReport) -> std::fmt::Result {
    let columns = match (subject.kind, subject.columns) {
        ("features", 1) => " (1 column)".to_owned(),
        ("features", columns) => format!(" ({columns} columns)"),
        _ => String::new(),
    };
    writeln!(text, "{} {}{columns}", subject.kind, subject.name)?;
    writeln!(text, "  {:<18}{:>8}{:>18}{:>7}", "test", "tries", "values compared", "leaks")?;
    for tally in &subject.tests {
        let title = tally.test.title();
        match &tally.not_judged {
            Some(why) => writeln!(text, "  {title:<18}not made: {why}")?,
            None => writeln!(
                text,
                "  {title:<18}{:>8}{:>18}{:>7}",
                data::thousands(tally.runs as u64),
                data::thousands(tally.compared),
                tally.leaks
            )?,
        }
    }
    for finding in subject.findings.iter().take(TOLD) {
        writeln!(text, "LEAK ({}) {}", finding.test.title(), finding.sentence())?;
    }
    if subject.findings.len() > TOLD {
        writeln!(text, "and {} more; --json names them all", subject.findings.len() - TOLD)?;
    }
    writeln!(text)
}
