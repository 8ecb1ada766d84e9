//! `trainer compare`: finished runs side by side.
//!
//! Comes in: the `report.json` and `predictions.csv` of two or more runs. Goes out: what they share and where
//! they differ, every score with its interval, and, where both answered the same rows, the paired difference of
//! each later run's models to those of the first. Trains nothing.

mod answers;
mod common_rows;
mod config_keys;
mod finished_run;
#[cfg(test)]
mod made_up;
mod pairing;
mod parts;
mod plain_words;
mod run_place;
mod run_report;
mod side_by_side;
#[cfg(test)]
mod tests;
mod text;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use crate::cli::Outcome;
use crate::report;

pub(crate) use answers::{Answers, RowKey};
pub(crate) use common_rows::CommonRows;
pub(crate) use config_keys::{differences, flattened};
pub(crate) use finished_run::FinishedRun;
pub(crate) use pairing::{Resampling, pair};
pub(crate) use run_place::RunPlace;

/// What `trainer compare --help` begins with.
pub(crate) const ABOUT: &str = "Set finished runs side by side

Says first whether the models of each later run are better than those of the first run: the paired difference in \
log-loss and accuracy on the out-of-sample rows that both answered (same bar, same true class), with a 95% interval \
from a stationary block bootstrap. A model is set against the one of the same name, or against each of the first \
run's models when it has no namesake there. Then come what the runs share and where they differ, and the scores of \
every model and baseline.

Runs with other labels, classes or bars can't be compared row by row: that is said, with what differs, and their \
scores are still shown.";

const HELP: &str = "Examples:
  trainer compare 20250301-120000-forest 20250302-093000-forest
  trainer compare artifacts/runs/20250301-120000-forest other/runs/20250302-093000-lstm --html comparison.html
  trainer compare a/report.json b/report.json c/report.json --json

Exit codes: 0 done, 2 failed.";

/// What comparing takes.
#[derive(Debug, Clone, Args)]
#[command(after_help = HELP)]
pub(crate) struct CompareArguments {
    /// Run directories, their report.json files, or names of runs in the artifacts directory; the first is
    /// the one that the others are compared with
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Where the runs/ with the named runs is
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    artifacts: PathBuf,
    /// Also write one self-contained HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Seed of the bootstrap instead of the first run's; the same seed gives the same intervals
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Compares the runs. Nothing is written before everything has been read and computed.
pub(crate) fn run(arguments: &CompareArguments, out: &mut dyn Write) -> Result<Outcome> {
    let places = arguments.runs.iter().map(|given| RunPlace::find(given, &arguments.artifacts));
    let places: Vec<RunPlace> = places.collect::<Result<_>>()?;
    if let Some(page) = &arguments.html {
        for place in &places {
            place.keep(page)?;
        }
        let parent = page.parent().filter(|parent| !parent.as_os_str().is_empty());
        durable::require_writable(parent.unwrap_or_else(|| Path::new(".")))?;
    }
    let runs = FinishedRun::load_all(places)?;
    let comparison = side_by_side::side_by_side(&runs, arguments.seed);
    if let Some(page) = &arguments.html {
        durable::write_file(page, report::render_comparison(&comparison)?.as_bytes())?;
    }
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&comparison)?)?;
    } else {
        write!(out, "{}", text::text(&comparison))?;
        if let Some(page) = &arguments.html {
            writeln!(out, "\nOpen:\n  {}   the same as a page", page.display())?;
        }
    }
    Ok(Outcome::Done)
}
