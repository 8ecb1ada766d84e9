//! The command line.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::predict;

/// Predicts market regimes with a trained bundle.
#[derive(Debug, Parser)]
#[command(name = "predictor", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  predictor predict --model artifacts/models/random_forest --input BTCUSDT-5m.csv.gz --output predictions.jsonl
  predictor predict --model ensemble@champion --input BTCUSDT-5m.csv.gz --output predictions.jsonl
  predictor predict --model artifacts/models/lstm/0.1.0 --input bars.csv --output predictions.csv
  predictor predict --model artifacts/models/random_forest --input BTCUSDT-5m.csv.gz --reference ETHUSDT-5m.csv.gz --output predictions.jsonl

Exit codes: 0 done, 2 failed.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Predict every bar of a file that has enough past
    Predict(PredictArguments),
}

/// The forms that predictions are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object per line
    Jsonl,
    /// A table with one column per class
    Csv,
}

/// What `predict` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct PredictArguments {
    /// Bundle: a directory, or NAME, NAME/VERSION or NAME@champion in artifacts/models; a name alone means its newest
    /// version
    #[arg(long, value_name = "DIR|NAME[@ALIAS]")]
    pub(crate) model: PathBuf,
    /// Bars: CSV (plain, gzip, zip) or Parquet, a directory or a pattern such as 'BTCUSDT-5m-*.zip';
    /// repeatable, all of it is one series
    #[arg(long, value_name = "BARS", required = true)]
    pub(crate) input: Vec<PathBuf>,
    /// Bars of another symbol that the model's cross-asset features look at: one file, directory or pattern
    /// for each symbol, which is told by its name (repeatable)
    #[arg(long, value_name = "BARS")]
    pub(crate) reference: Vec<PathBuf>,
    /// File to write
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Form of the output; by default from its name, .jsonl or .csv
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// What to do about a kind of odd row: error, drop or keep (repeatable)
    #[arg(long, value_name = "KIND=ACTION")]
    pub(crate) policy: Vec<String>,
    /// Symbol in the predictions; by default from the input's name
    #[arg(long)]
    pub(crate) symbol: Option<String>,
    /// Accept bars of another length than the model was trained on
    #[arg(long)]
    pub(crate) any_timeframe: bool,
    /// Threads to use; all cores by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

/// Runs the predictor on a command line (the program's name first), writing what it has to say to `out`.
///
/// # Errors
/// When the command fails; the message says what to do, and no output file is left half-written.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write) -> Result<()> {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            // The first paragraph says what is wrong; the usage that follows is what --help shows.
            let text = error.to_string();
            let first = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
            anyhow::bail!("{}; see predictor --help", first.trim_start_matches("error: ").trim());
        }
        Err(help) => return Ok(write!(out, "{help}")?),
    };
    let Command::Predict(arguments) = cli.command;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads.map_or(0, usize::from))
        .build()
        .context("can't start threads")?;
    let said = pool.install(|| predict::run(&arguments))?;
    Ok(writeln!(out, "{said}")?)
}
