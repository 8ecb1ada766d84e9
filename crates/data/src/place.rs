//! Where something stands in a file, and the text there, for messages.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// A file, or a file inside a zip archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file, or the archive.
    pub path: PathBuf,
    /// The name inside the archive.
    pub member: Option<Box<str>>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        match &self.member {
            Some(member) => write!(f, " ({})", member.escape_debug()),
            None => Ok(()),
        }
    }
}

/// What a file's places are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Physical lines of the unpacked text, counted from 1; a header is line 1.
    #[default]
    Line,
    /// Rows of a table, counted from 1.
    Row,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Line => "line",
            Self::Row => "row",
        })
    }
}

/// A line of a text, or a row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub origin: Origin,
    /// Lines or rows.
    pub unit: Unit,
    /// Its number, counted from 1.
    pub line: u64,
}

impl Place {
    /// The place for a sentence about `other`: without the file where both are in the same one.
    pub(crate) fn beside(&self, other: &Self) -> String {
        if self.origin == other.origin { format!("{} {}", self.unit, self.line) } else { self.to_string() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.origin, self.unit, self.line)
    }
}

/// Text of a file for a message: in quotes, escaped, at most 40 characters.
pub(crate) fn quoted(text: &str) -> String {
    let mut clipped: String = text.chars().take(40).collect();
    if clipped.len() < text.len() {
        clipped.push('…');
    }
    format!("{clipped:?}")
}

/// Names for a message, on one line and at most 300 characters.
pub(crate) fn listed(names: &[&str]) -> String {
    let mut text: String = names.join(", ").escape_debug().take(301).collect();
    if text.chars().count() > 300 {
        text.pop();
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_short_and_on_one_line() {
        assert_eq!(quoted("a\nb\"c"), r#""a\nb\"c""#);
        assert_eq!(quoted(&"x".repeat(50)), format!("\"{}…\"", "x".repeat(40)));
    }

    #[test]
    fn a_place_names_the_file_only_where_it_is_another() {
        let place = |path: &str, member: Option<&str>, line| Place {
            origin: Origin { path: path.into(), member: member.map(Box::from) },
            unit: Unit::Line,
            line,
        };
        let first = place("a.zip", Some("b.csv"), 3);
        assert_eq!(first.to_string(), "a.zip (b.csv) line 3");
        assert_eq!(first.beside(&place("a.zip", Some("b.csv"), 9)), "line 3");
        assert_eq!(first.beside(&place("a.zip", Some("c.csv"), 9)), "a.zip (b.csv) line 3");
    }
}
