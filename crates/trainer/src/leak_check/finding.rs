//! What was found, and how it is told.

use market::{BarSeries, Timestamp};
use serde::Serialize;

/// A kind of test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Test {
    /// Bars cut off change nothing before the cut.
    Truncation,
    /// A label is not given before the bars that it needs are there.
    GivenTooEarly,
    /// Other bars behind a cut change nothing before it.
    FutureMutation,
    /// Bar by bar gives what the whole file gives.
    BatchEqualsStream,
    /// Every value is a number.
    Finite,
    /// Another future gives another label.
    MadeOfThePast,
    /// No column tells the label.
    LabelEqualsColumn,
}

impl Test {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Truncation => "truncation",
            Self::GivenTooEarly => "given too early",
            Self::FutureMutation => "future mutation",
            Self::BatchEqualsStream => "batch = stream",
            Self::Finite => "finite values",
            Self::MadeOfThePast => "made of the past",
            Self::LabelEqualsColumn => "label = column",
        }
    }
}

/// What stands at a bar.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Shown {
    /// A value.
    Number(f64),
    /// A class, or a value that is no number.
    Text(String),
    /// Nothing.
    Nothing,
}

impl Shown {
    pub(crate) fn value(value: Option<f64>) -> Self {
        match value {
            Some(value) if value.is_finite() => Self::Number(value),
            Some(value) => Self::Text(value.to_string()),
            None => Self::Nothing,
        }
    }

    pub(crate) fn class(class: Option<&str>) -> Self {
        class.map_or(Self::Nothing, |class| Self::Text(class.to_owned()))
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(text) => f.write_str(text),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

/// A leak.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Finding {
    pub(crate) test: Test,
    /// The feature column, or `label`. Where the label equals a column, that column.
    pub(crate) column: String,
    /// Position of the first bar at fault, counted from 0.
    pub(crate) bar: usize,
    /// Its open time, epoch milliseconds.
    pub(crate) open_time: i64,
    /// The value with all bars as they are; where the label equals a column, the column's.
    pub(crate) value: Shown,
    /// The value after the change; where the label equals a column, the label.
    pub(crate) other: Shown,
    /// What was changed, or what was compared.
    pub(crate) change: String,
    /// How many bars are at fault in that comparison.
    pub(crate) bars: usize,
    /// The kind of fault it looks like.
    pub(crate) looks_like: String,
}

impl Finding {
    /// Two sentences for people.
    pub(crate) fn sentence(&self) -> String {
        let Self { test, column, bar, value, other, change, bars, looks_like, .. } = self;
        let at = format!("at {} (bar {bar})", Timestamp::from_millis(self.open_time));
        let so_are = match bars {
            1 => "this is the only bar".to_owned(),
            bars => format!("the first of {} bars", data::thousands(*bars as u64)),
        };
        let said = match test {
            Test::Truncation | Test::FutureMutation | Test::BatchEqualsStream => {
                format!("{at} it is {value}, but {other} {change} ({so_are})")
            }
            Test::GivenTooEarly => format!("{at} it is given as {other} {change} ({so_are})"),
            Test::Finite => format!("{at} it is {value} ({so_are})"),
            Test::MadeOfThePast => format!("{at} it is {value}, and still {other} {change}"),
            Test::LabelEqualsColumn => format!("{change}; {at} it is {value} and the label {other}"),
        };
        format!("{column}: {said}. It looks like {looks_like}.")
    }
}

/// One line of a subject's table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Tally {
    pub(crate) test: Test,
    /// Times that something was computed again, or columns that were tried.
    pub(crate) runs: usize,
    /// Values compared.
    pub(crate) compared: u64,
    /// Columns found leaking.
    pub(crate) leaks: usize,
    /// Why nothing could be judged, when nothing could.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_judged: Option<String>,
}

/// Everything about one subject.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SubjectReport {
    /// `features` or `label`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// Feature columns; 1 for a label.
    pub(crate) columns: usize,
    pub(crate) tests: Vec<Tally>,
    pub(crate) findings: Vec<Finding>,
}

impl SubjectReport {
    pub(crate) fn new(kind: &'static str, name: String, columns: usize) -> Self {
        Self { kind, name, columns, tests: Vec::new(), findings: Vec::new() }
    }

    /// Adds a test with what it found.
    pub(crate) fn add(&mut self, test: Test, runs: usize, compared: u64, findings: Vec<Finding>) {
        self.tests.push(Tally { test, runs, compared, leaks: findings.len(), not_judged: None });
        self.findings.extend(findings);
    }

    /// Adds a test that could not be made.
    pub(crate) fn add_not_judged(&mut self, test: Test, why: String) {
        self.tests.push(Tally { test, runs: 0, compared: 0, leaks: 0, not_judged: Some(why) });
    }
}

/// What was done to the bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    CutOff,
    Replaced,
}

impl Change {
    pub(crate) fn test(self) -> Test {
        match self {
            Self::CutOff => Test::Truncation,
            Self::Replaced => Test::FutureMutation,
        }
    }

    /// What was done from bar `cut` on.
    pub(crate) fn says(self, series: &BarSeries, cut: usize) -> String {
        let from = series.bars()[cut].open_time;
        match self {
            Self::CutOff => format!("with the bars from {from} on cut off"),
            Self::Replaced => format!("with the bars from {from} on replaced by others"),
        }
    }
}
