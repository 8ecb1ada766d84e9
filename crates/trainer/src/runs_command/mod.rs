//! `trainer runs`: every run there was, finished or not, from its journal and what it wrote.

mod store;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use self::store::{StoredRun, stored};
use crate::cli::Outcome;
use crate::compare::{self, CompareArguments};
use crate::models_command::table;

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Show every run, newest last
    List(ListArguments),
    /// Show one run with its fits
    Show(ShowArguments),
    /// Set finished runs side by side
    #[command(long_about = compare::ABOUT)]
    Compare(CompareArguments),
}

/// What `list` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListArguments {
    /// Where runs/ and tracking/ are
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    artifacts: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// What `show` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ShowArguments {
    /// Name of a run
    run: String,
    /// Where runs/ and tracking/ are
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    artifacts: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl RunsCommand {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Outcome> {
        match self {
            Self::List(arguments) => list(arguments, out),
            Self::Show(arguments) => show(arguments, out),
            Self::Compare(arguments) => compare::run(arguments, out),
        }
    }
}

fn list(arguments: &ListArguments, out: &mut dyn Write) -> Result<Outcome> {
    let runs = stored(&arguments.artifacts);
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&json!({ "runs": runs }))?)?;
        return Ok(Outcome::Done);
    }
    if runs.is_empty() {
        writeln!(
            out,
            "{} holds no run yet; make one, such as trainer --config random_forest.toml",
            arguments.artifacts.display()
        )?;
        return Ok(Outcome::Done);
    }
    let mut lines =
        vec![["run", "status", "bars", "label", "models", "best log-loss"].map(str::to_owned).to_vec()];
    lines.extend(runs.iter().map(|run| {
        let best = run.scores.iter().min_by(|a, b| a.1.total_cmp(b.1));
        vec![
            run.name.clone(),
            run.status.clone(),
            run.bars.clone(),
            run.label.clone(),
            run.models.join(", "),
            best.map_or_else(|| "–".to_owned(), |(name, loss)| format!("{loss:.4} {name}")),
        ]
    }));
    write!(out, "{}", table(&lines))?;
    Ok(Outcome::Done)
}

fn show(arguments: &ShowArguments, out: &mut dyn Write) -> Result<Outcome> {
    let runs = stored(&arguments.artifacts);
    let Some(run) = runs.into_iter().find(|run: &StoredRun| run.name == arguments.run) else {
        bail!(
            "there is no run {} in {}; see trainer runs list",
            arguments.run,
            arguments.artifacts.display()
        );
    };
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&run)?)?;
        return Ok(Outcome::Done);
    }
    let mut lines = vec![
        vec!["run".to_owned(), run.name.clone()],
        vec!["status".to_owned(), run.status.clone()],
        vec!["bars".to_owned(), run.bars.clone()],
        vec!["label".to_owned(), run.label.clone()],
        vec!["report".to_owned(), run.report.clone().unwrap_or_else(|| "none: it wrote nothing".to_owned())],
    ];
    lines.extend(run.scores.iter().map(|(name, loss)| vec![name.clone(), format!("log-loss {loss:.4}")]));
    write!(out, "{}", table(&lines))?;
    if !run.fits.is_empty() {
        writeln!(out)?;
        let mut lines = vec![
            ["fit", "status", "epochs", "seconds", "test log-loss", "test accuracy"]
                .map(str::to_owned)
                .to_vec(),
        ];
        let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"));
        lines.extend(run.fits.iter().map(|fit| {
            vec![
                fit.name.clone(),
                fit.status.clone(),
                fit.epochs.to_string(),
                fit.seconds.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.1}")),
                number(fit.test_log_loss),
                number(fit.test_accuracy),
            ]
        }));
        write!(out, "{}", table(&lines))?;
    }
    Ok(Outcome::Done)
}
