//! The command line.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::input::BarFiles;
use crate::{inspect, predict, replay, stream};

/// Predicts market regimes with a trained bundle.
#[derive(Debug, Parser)]
#[command(name = "predictor", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  predictor serve --demo                       a first look: a small model and bars are in the program
  predictor serve --model ensemble@champion --bind 127.0.0.1:8080 --feed binance:BTCUSDT,ETHUSDT
  predictor predict --model artifacts/models/random_forest --input BTCUSDT-5m.csv.gz --output predictions.jsonl
  predictor predict --model ensemble@champion --input BTCUSDT-5m.csv.gz --reference ETHUSDT-5m.csv.gz --output predictions.csv
  predictor replay --model ensemble@champion --input BTCUSDT-5m.csv.gz --output replayed.jsonl
  tail -F bars.jsonl | predictor stream --model ensemble@champion --paper
  predictor inspect --model ensemble@champion

Exit codes: 0 done, 2 failed.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Predict every bar of a file that has enough past
    Predict(PredictArguments),
    /// Feed a file bar by bar to the live engine: the same predictions as predict, made as they would be live
    Replay(ReplayArguments),
    /// Predict bars from standard input, one JSON object a line
    Stream(StreamArguments),
    /// Say what a bundle is, and try it out
    Inspect(InspectArguments),
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
    #[command(flatten)]
    pub(crate) bars: BarFiles,
    /// File to write
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Form of the output; by default from its name, .jsonl or .csv
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Threads to use; all cores by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

/// What `replay` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReplayArguments {
    /// Bundle, as for predict
    #[arg(long, value_name = "DIR|NAME[@ALIAS]")]
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) bars: BarFiles,
    /// File to write
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Form of the output; by default from its name, .jsonl or .csv
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

/// What `stream` takes.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "A line is {\"symbol\":\"BTCUSDT\",\"open_time\":1767225600000,\"open\":…,\"high\":…,\"low\":…,\"close\":…,\"volume\":…}, oldest first;
quote_volume, trades and taker_buy_volume where the model needs them. Bars that come twice, late or changed are left out
and counted; a hole that is too long makes the state warm up again."
)]
pub(crate) struct StreamArguments {
    /// Bundle, as for predict
    #[arg(long, value_name = "DIR|NAME[@ALIAS]")]
    pub(crate) model: PathBuf,
    /// Symbol of lines that name none
    #[arg(long)]
    pub(crate) symbol: Option<String>,
    /// Read lines from this file instead of standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Leave lines out that are no bars, instead of ending
    #[arg(long)]
    pub(crate) skip_invalid: bool,
    /// Trade the signals on paper: filled at the next bar's open, with fees; every line says how the account stands
    #[arg(long)]
    pub(crate) paper: bool,
    /// Capital of the paper account of each symbol
    #[arg(long, default_value_t = 10_000.0, requires = "paper")]
    pub(crate) capital: f64,
    /// Fee in basis points of what is traded
    #[arg(long, default_value_t = 10.0, requires = "paper")]
    pub(crate) fee_bps: f64,
    /// How far the price moves against an order, in basis points
    #[arg(long, default_value_t = 1.0, requires = "paper")]
    pub(crate) slippage_bps: f64,
}

/// What `inspect` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct InspectArguments {
    /// Bundle, as for predict
    #[arg(long, value_name = "DIR|NAME[@ALIAS]")]
    pub(crate) model: PathBuf,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
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
    let said = match cli.command {
        Command::Predict(arguments) => {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(arguments.threads.map_or(0, usize::from))
                .build()
                .context("can't start threads")?;
            pool.install(|| predict::run(&arguments))?
        }
        Command::Replay(arguments) => replay::run(&arguments)?,
        Command::Stream(arguments) => {
            let said = stream::run(&arguments, stream::open(arguments.from.as_deref())?, out)?;
            // Standard output is the predictions.
            tracing::info!("{said}");
            return Ok(());
        }
        Command::Inspect(arguments) => inspect::run(&arguments)?,
    };
    Ok(writeln!(out, "{said}")?)
}
