//! The command line.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::feed::{Source, Speed};
use crate::inline::compute_here;
use crate::input::BarFiles;
use crate::live::watching::AlertRules;
use crate::{export, inspect, predict, replay, serve, stream};

/// Predicts market regimes with a trained bundle.
#[derive(Debug, Parser)]
#[command(name = "predictor", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How what happens is told on standard error; `RUST_LOG` says how much
    #[arg(long, global = true, value_enum, default_value_t)]
    log: Log,
}

/// The forms of what is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Log {
    /// Lines to read
    #[default]
    Text,
    /// One JSON object a line
    Json,
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
    /// Serve predictions, signals, history and monitoring over HTTP, with a page to look at
    Serve(Box<ServeArguments>),
    /// Write what a server's history holds as a table
    Export(ExportArguments),
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

/// What predicts a file into a file.
#[derive(Debug, Clone, Args)]
pub(crate) struct FileArguments {
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
}

/// What `predict` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct PredictArguments {
    #[command(flatten)]
    pub(crate) files: FileArguments,
    /// Threads to use; all cores by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// What `replay` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReplayArguments {
    #[command(flatten)]
    pub(crate) files: FileArguments,
    /// Also write what came, resolved bar by bar as a server does it, and say how often the predictions were right
    #[arg(long)]
    pub(crate) outcomes: bool,
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

/// What `serve` takes.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Look at http://ADDRESS/ for the page, /openapi.json for what there is, /metrics for Prometheus.
Bars that come twice, late or changed are left out and counted; holes are filled by REST where there is a feed with it.
When no member answers in time, the answer says so: fallback_level 1 some members are missing, 2 one answered, 3 the last
good answer drawn towards class frequencies, 4 class frequencies."
)]
pub(crate) struct ServeArguments {
    /// Bundle, as for predict. Of NAME@champion another champion is loaded while serving, and NAME@challenger predicts the
    /// same bars unseen
    #[arg(long, value_name = "DIR|NAME[@ALIAS]", conflicts_with = "demo")]
    pub(crate) model: Option<PathBuf>,
    /// A small model and bars that are in the program, one bar a second
    #[arg(long)]
    pub(crate) demo: bool,
    /// Address to listen on; other than loopback only with a token
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) bind: SocketAddr,
    /// File with the token that requests need, of 16 characters or more
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Where bars come from: none, stdin, binance:BTCUSDT,ETHUSDT or replay:BARS
    #[arg(long, value_name = "FEED", default_value = "none")]
    pub(crate) feed: Source,
    /// How fast a replay is: 60x, or max
    #[arg(long, value_name = "TIMES", default_value = "max")]
    pub(crate) speed: Speed,
    /// Bars of before, so that a symbol need not warm up; the symbol is told by the file's name (repeatable)
    #[arg(long, value_name = "BARS")]
    pub(crate) warm: Vec<PathBuf>,
    /// `SQLite` file that keeps every prediction and its outcome, and from which a later process goes on
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    /// Days that single predictions are kept; the roll-up by day stays
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=36_500))]
    pub(crate) retention_days: u64,
    /// Until when members may answer, in milliseconds from the bar on
    #[arg(long, value_name = "MS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub(crate) deadline_ms: u64,
    /// With a live feed: a prediction older than one bar and so many seconds is answered with what is known without it
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) ttl_s: u64,
    /// Time limit of a request in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(10..=600_000))]
    pub(crate) request_timeout_ms: u64,
    /// Largest body of a request, unpacked
    #[arg(long, value_name = "MB", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=1024))]
    max_body_mb: u64,
    /// More memory than this is an alert
    #[arg(long, value_name = "MB", default_value_t = 1024)]
    pub(crate) memory_limit_mb: u64,
    /// Symbols at most
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) most_symbols: usize,
    /// Seconds between two looks for another champion
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) reload_every_s: u64,
    /// Thresholds of alerts
    #[arg(long, value_enum, default_value_t)]
    pub(crate) alerts: AlertRules,
    /// Address that alerts are posted to as JSON
    #[arg(long, value_name = "URL")]
    pub(crate) webhook: Option<String>,
    /// Probability from which a direction is begun
    #[arg(long, value_name = "P", default_value_t = 0.7, value_parser = share)]
    pub(crate) transition: f64,
    /// Probability from which a direction is kept
    #[arg(long, value_name = "P", default_value_t = 0.6, value_parser = share)]
    pub(crate) minimum: f64,
    /// Size of a full signal, as a share of capital
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, value_parser = share)]
    pub(crate) base_size: f64,
    /// No size is larger
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, value_parser = share)]
    pub(crate) largest_size: f64,
    /// Address of the exchange's stream instead of the public one, such as `ws://127.0.0.1:9000`
    #[arg(long, value_name = "URL")]
    pub(crate) stream_url: Option<String>,
    /// Address of the exchange's REST service instead of the public one
    #[arg(long, value_name = "URL")]
    pub(crate) rest_url: Option<String>,
}

impl ServeArguments {
    /// Bytes of the largest body.
    pub(crate) fn most_body_bytes(&self) -> usize {
        (self.max_body_mb as usize) << 20
    }
}

/// What `export` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExportArguments {
    /// The history that predictor serve --history kept; it may be serving
    #[arg(long, value_name = "FILE")]
    pub(crate) history: PathBuf,
    /// Table to write; its ending says the form: .parquet, .csv or .csv.gz
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Predictions of this symbol only
    #[arg(long)]
    pub(crate) symbol: Option<String>,
    /// Those whose bar closed at this instant or later, epoch milliseconds
    #[arg(long, value_name = "MS")]
    pub(crate) from: Option<i64>,
    /// Those whose bar closed before
    #[arg(long, value_name = "MS")]
    pub(crate) to: Option<i64>,
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
    log(cli.log);
    let said = match cli.command {
        Command::Predict(arguments) => {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(arguments.threads.map_or(0, usize::from))
                .build()
                .context("can't start threads")?;
            pool.install(|| predict::run(&arguments.files))?
        }
        Command::Replay(arguments) => {
            compute_here();
            replay::run(&arguments)?
        }
        Command::Stream(arguments) => {
            compute_here();
            let said = stream::run(&arguments, stream::open(arguments.from.as_deref())?, out)?;
            // Standard output is the predictions.
            tracing::info!("{said}");
            return Ok(());
        }
        Command::Serve(arguments) => return serve::run(&arguments, out),
        Command::Export(arguments) => export::run(&arguments)?,
        Command::Inspect(arguments) => inspect::run(&arguments)?,
    };
    Ok(writeln!(out, "{said}")?)
}

/// A number from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| format!("{text:?} must be a number from 0 to 1"))
}

/// What is told on the way goes to standard error.
fn log(form: Log) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let told =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A process that tells already, such as a test, goes on as it does.
    let _ = match form {
        Log::Text => told.with_ansi(std::io::stderr().is_terminal()).try_init(),
        Log::Json => told.json().try_init(),
    };
}
