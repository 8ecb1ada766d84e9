//! The command line.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use market::Timeframe;

use crate::compare::{self, CompareArguments};
use crate::data_command::DataCommand;
use crate::detect::{self, DetectArguments};
use crate::feature_file::{self, FeaturesArguments};
use crate::interrupt::{self, Interrupted};
use crate::leak_check::{self, LeakCheckArguments};
use crate::models_command::ModelsCommand;
use crate::pretrain::{self, PretrainArguments};
use crate::reproduce::{self, ReproduceArguments};
use crate::retrain::{self, RetrainArguments};
use crate::runs_command::RunsCommand;
use crate::search::{self, SearchArguments};
use crate::track::TrackCommand;
use crate::validate::{self, ValidateArguments};
use crate::{synth, train};

/// How a command ended, as its exit code. Failures are errors, exit code 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// Done.
    Done = 0,
    /// Done, and the answer is no.
    No = 1,
}

/// Trains regime models on OHLCV bars, validates them walk-forward against baselines, and writes
/// versioned bundles with a report.
#[derive(Debug, Parser)]
#[command(name = "trainer", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    train: TrainArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "Examples:
  trainer --config lstm.toml
  trainer --config lstm.toml --resume
  trainer --config random_forest.toml --data BTCUSDT-5m.csv.gz --set label.kind=forward_direction
  trainer synth --preset bench --bars 20000 --seed 7 --out market.csv.gz
  trainer data fetch --symbol BTCUSDT --interval 5m --from 2024-01 --out market
  trainer data check BTCUSDT-5m.csv.gz
  trainer data resample --data BTCUSDT-5m.csv.gz --to 1h --out BTCUSDT-1h.csv.gz
  trainer features --data BTCUSDT-5m.csv.gz --features seed43 --out features.csv
  trainer leak-check --config random_forest.toml --data BTCUSDT-5m.csv.gz
  trainer search --config search.toml
  trainer models list
  trainer reproduce artifacts/models/lstm/0.1.0
  trainer retrain ensemble --data BTCUSDT-5m.csv.gz
  trainer models promote ensemble
  trainer compare artifacts/runs/A artifacts/runs/B --html comparison.html
  trainer validate --protocol leaky --config random_forest.toml --data BTCUSDT-1h.csv.gz
  trainer detect --preset bench
  trainer pretrain-tirex --config pretrain.toml --out small.safetensors

Ctrl-C stops a run and keeps what was done: the same command with --resume goes on, with the same result as
without the interruption.

Exit codes: 0 done, 1 the answer is no, 2 failed, 130 stopped.";

/// What training takes.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct TrainArguments {
    /// The run's TOML file; looked up as given, then in configs/
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Bars to train on instead of the config's: CSV (plain, gzip, zip) or Parquet, a directory or a pattern
    /// such as 'BTCUSDT-5m-*.zip'; repeatable, all of it is one series
    #[arg(long, value_name = "BARS")]
    pub(crate) data: Vec<PathBuf>,
    /// Bars of one of several symbols that one model learns from together (repeat it for each)
    #[arg(long, value_name = "BARS", conflicts_with = "data")]
    pub(crate) pool: Vec<PathBuf>,
    /// Where models/ and runs/ are written
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    pub(crate) out: PathBuf,
    /// Seed instead of the config's; the same seed gives the same models at any thread count
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Feature sets or single features instead of the config's, separated by commas
    #[arg(long, value_name = "SETS", value_delimiter = ',')]
    pub(crate) features: Vec<String>,
    /// Change one value of the config, such as label.horizon=24 (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Also keep each fold's models, in runs/RUN/folds/K
    #[arg(long)]
    pub(crate) keep_folds: bool,
    /// Score the sealed final period (validation.sealed), once; the report and the bundle record it
    #[arg(long)]
    pub(crate) open_seal: bool,
    /// Go on with a run of this config on these bars that was stopped or killed
    #[arg(long)]
    pub(crate) resume: bool,
    /// With --resume: a network whose training was stopped ends with its best weights so far
    #[arg(long, requires = "resume")]
    pub(crate) keep_best: bool,
    /// Keep the state of a network's training every so often, for --resume
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, allow_negative_numbers = true, value_parser = seconds)]
    pub(crate) checkpoint_every: f64,
    /// Threads to use; all cores by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Print one JSON object at the end instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set finished runs side by side
    #[command(long_about = compare::ABOUT)]
    Compare(CompareArguments),
    /// Write a synthetic market whose regimes are known
    Synth(SynthArguments),
    /// Write the features of bars as a table, with the label when one is asked for
    #[command(long_about = feature_file::ABOUT)]
    Features(FeaturesArguments),
    /// Look for information from the future in features, and from the past in labels
    LeakCheck(LeakCheckArguments),
    /// Show how much a wrong protocol flatters, beside the honest one
    Validate(ValidateArguments),
    /// Make a small TiRex forecaster from made-up series
    PretrainTirex(PretrainArguments),
    /// Score regime detectors against the known truth of a synthetic market
    Detect(DetectArguments),
    /// Train a bundle again from what it says of itself, and compare
    Reproduce(ReproduceArguments),
    /// Train a challenger of a champion's configuration on newer bars
    #[command(long_about = retrain::ABOUT)]
    Retrain(RetrainArguments),
    /// Search better values for a configuration
    #[command(long_about = search::ABOUT)]
    Search(SearchArguments),
    /// List runs, show one, set some side by side
    #[command(subcommand)]
    Runs(RunsCommand),
    /// Send runs to a tracking server
    #[command(subcommand)]
    Track(TrackCommand),
    /// List, promote, roll back, verify and prune trained models
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Get bars, look at them, make longer ones
    #[command(subcommand)]
    Data(DataCommand),
}

/// What the synthetic market takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct SynthArguments {
    /// How hard the regimes are to see: realistic, moderate, bench or easy
    #[arg(long, default_value = "bench")]
    pub(crate) preset: String,
    /// Number of bars
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub(crate) bars: usize,
    /// Seed; the same seed gives the same file
    #[arg(long, value_name = "S", default_value_t = 7)]
    pub(crate) seed: u64,
    /// Length of a bar
    #[arg(long, default_value = "1h")]
    pub(crate) timeframe: Timeframe,
    /// File to write; its ending says the form: .csv, .csv.gz or .parquet
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

fn seconds(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "is no number".to_owned())?;
    if (0.0..=86_400.0).contains(&value) { Ok(value) } else { Err("is not from 0 to 86400".to_owned()) }
}

/// The exit code of a failure.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<Interrupted>() { interrupt::EXIT_CODE } else { 2 }
}

/// Runs the trainer on a command line (the program's name first), writing what it has to say to `out`.
///
/// # Errors
/// When the command fails; the message says what to do, and nothing half-done is left behind.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write) -> Result<Outcome> {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            // The first paragraph says what is wrong; the usage that follows is what --help shows.
            let text = error.to_string();
            let first = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
            anyhow::bail!("{}; see trainer --help", first.trim_start_matches("error: ").trim());
        }
        Err(help) => {
            write!(out, "{help}")?;
            return Ok(Outcome::Done);
        }
    };
    match cli.command {
        Some(Command::Synth(arguments)) => synth::run(&arguments, out),
        Some(Command::Data(command)) => command.run(out),
        Some(Command::Models(command)) => command.run(out),
        Some(Command::Runs(command)) => command.run(out),
        Some(Command::Track(command)) => command.run(out),
        Some(Command::Features(arguments)) => {
            on_threads(arguments.threads, out, |out| feature_file::run(&arguments, out))
        }
        Some(Command::LeakCheck(arguments)) => {
            on_threads(arguments.threads, out, |out| leak_check::run(&arguments, out))
        }
        Some(Command::Validate(arguments)) => {
            on_threads(arguments.threads, out, |out| validate::run(&arguments, out))
        }
        Some(Command::PretrainTirex(arguments)) => {
            on_threads(arguments.threads, out, |out| pretrain::run(&arguments, out))
        }
        Some(Command::Detect(arguments)) => {
            on_threads(arguments.threads, out, |out| detect::run(&arguments, out))
        }
        Some(Command::Search(arguments)) => {
            on_threads(arguments.threads, out, |out| search::run(&arguments, out))
        }
        Some(Command::Reproduce(arguments)) => {
            on_threads(arguments.threads, out, |out| reproduce::run(&arguments, out))
        }
        Some(Command::Retrain(arguments)) => {
            on_threads(arguments.threads, out, |out| retrain::run(&arguments, out))
        }
        Some(Command::Compare(arguments)) => compare::run(&arguments, out),
        None => on_threads(cli.train.threads, out, |out| train::run(&cli.train, out)),
    }
}

/// Runs a command on a number of threads, by default one for each core.
fn on_threads(
    threads: Option<u16>,
    out: &mut dyn Write,
    command: impl FnOnce(&mut dyn Write) -> Result<Outcome> + Send,
) -> Result<Outcome> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.map_or(0, usize::from))
        .build()
        .context("can't start threads")?;
    let mut said = Vec::new();
    let outcome = pool.install(|| command(&mut said));
    out.write_all(&said)?;
    outcome
}
