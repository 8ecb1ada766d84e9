//! A finished run with everything that comparing needs.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};

use super::answers::Answers;
use super::run_place::{RunPlace, unreadable};
use super::run_report::RunReport;

/// A run that was read.
#[derive(Debug)]
pub(crate) struct FinishedRun {
    /// `A` for the first, `B` for the second, …
    pub(crate) letter: String,
    /// Where it lies.
    pub(crate) place: RunPlace,
    /// What it says of itself.
    pub(crate) report: RunReport,
    /// What its models said of each row; none when the run has no `predictions.csv` any more.
    pub(crate) answers: Option<BTreeMap<String, Answers>>,
}

impl FinishedRun {
    /// Reads the runs at these places, in this order.
    ///
    /// # Errors
    /// When one can't be read, or is another one or a copy of it.
    pub(crate) fn load_all(places: Vec<RunPlace>) -> Result<Vec<Self>> {
        let mut known: Vec<(String, Vec<u8>)> = Vec::new();
        for place in &places {
            let bytes = fs::read(&place.report).with_context(|| unreadable(&place.report))?;
            let name = place.directory.display().to_string();
            if let Some((first, _)) = known.iter().find(|(_, known)| *known == bytes) {
                bail!("{name} is the same run as {first}; name each run once");
            }
            known.push((name, bytes));
        }
        let runs = places.into_iter().enumerate();
        runs.map(|(index, place)| Self::load(letter(index), place)).collect()
    }

    fn load(letter: String, place: RunPlace) -> Result<Self> {
        let report = RunReport::load(&place.report)?;
        let answers = if place.predictions.exists() {
            Some(Answers::load(&place.predictions, &report.label.classes.names)?)
        } else {
            None
        };
        Ok(Self { letter, place, report, answers })
    }

    /// Its models that answered in every fold, with what they said, in the order of the report.
    pub(crate) fn answered(&self) -> Vec<(&str, &Answers)> {
        let answers = self.answers.as_ref();
        self.report
            .models
            .iter()
            .filter_map(|model| Some((model.name.as_str(), answers?.get(&model.name)?)))
            .collect()
    }
}

/// `A` to `Z`, then `AA`, `AB`, …
fn letter(index: usize) -> String {
    let last = char::from(b'A' + (index % 26) as u8);
    match index / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letter(more - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_behind_z() {
        assert_eq!(
            [0, 1, 25, 26, 27, 52, 701, 702].map(letter),
            ["A", "B", "Z", "AA", "AB", "BA", "ZZ", "AAA"]
        );
    }
}
