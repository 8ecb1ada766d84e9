//! `trainer data`: getting bars, looking at them, making longer ones.

mod byte_progress;
mod check;
mod fetch;
mod resample;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use exchange::{Period, Product, Symbol};
use market::Timeframe;

use crate::cli::Outcome;

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Report what is in files of bars: layout, span, holes, and everything odd
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArguments),
    /// Download an exchange's public bars (Binance; no key is needed)
    #[command(long_about = FETCH, after_help = FETCH_EXAMPLES)]
    Fetch(FetchArguments),
    /// Make longer bars, such as hours from minutes
    #[command(long_about = RESAMPLE, after_help = RESAMPLE_EXAMPLES)]
    Resample(ResampleArguments),
}

const CHECK_EXAMPLES: &str = "Examples:
  trainer data check BTCUSDT-5m.csv.gz
  trainer data check 'BTCUSDT-5m-*.zip' --json

Exit codes: 0 done, 1 there are rows that can't be used (duplicates, out of order, no bars), 2 failed.";

const FETCH: &str = "Download an exchange's public bars (Binance; no key is needed)

Whole past months come from the monthly archive, other days from the daily one, and what the archive does not \
have yet by REST, up to the last bar that has closed. Each archive is compared with the exchange's SHA-256. A \
download that was interrupted goes on where it stopped: run the same command again. What is in DIR already is \
not asked for again.

DIR gets SYMBOL-INTERVAL.csv.gz with the bars asked for, and SYMBOL-INTERVAL.parts/ with the verified archives.";

const FETCH_EXAMPLES: &str = "Examples:
  trainer data fetch --symbol BTCUSDT --interval 5m --from 2024-01 --to 2024-06 --out market
  trainer data fetch --symbol ETHUSDT --interval 1m --from 2024-03-15 --market um --out futures

Exit codes: 0 done, 2 failed.";

const RESAMPLE: &str = "Make longer bars, such as hours from minutes

Bars start at multiples of their length in UTC, weeks on Mondays. A bar is left out where the data begins after \
its start or ends before its end, or where a hole that cuts the series touches it.";

const RESAMPLE_EXAMPLES: &str = "Example:
  trainer data resample --data BTCUSDT-5m.csv.gz --to 1h --out BTCUSDT-1h.csv.gz

Exit codes: 0 done, 2 failed.";

/// What checking takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct CheckArguments {
    /// Bars: CSV (plain, gzip, zip) or Parquet, a directory or a pattern such as 'BTCUSDT-5m-*.zip'; all of
    /// it is one series
    #[arg(value_name = "BARS", required = true)]
    pub(crate) data: Vec<PathBuf>,
    /// Change how the bars are read, such as data.timeframe=5m (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What downloading takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct FetchArguments {
    /// The pair as the exchange writes it
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) symbol: Symbol,
    /// Length of a bar: 1s, 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h or 1d
    #[arg(long, value_name = "LENGTH")]
    pub(crate) interval: Timeframe,
    /// First month (2024-01) or day (2024-01-15), UTC
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Period,
    /// Last month or day; by default all that has closed
    #[arg(long, value_name = "WHEN")]
    pub(crate) to: Option<Period>,
    /// Where to write
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// spot, or um for futures margined in USDT
    #[arg(long, value_name = "MARKET", default_value = "spot")]
    pub(crate) market: MarketName,
    /// Another archive than the exchange's
    #[arg(long, value_name = "URL")]
    pub(crate) archive_url: Option<String>,
    /// Another REST service than the exchange's
    #[arg(long, value_name = "URL")]
    pub(crate) rest_url: Option<String>,
    /// Print one JSON object at the end instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// A market by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MarketName {
    /// Spot trading
    Spot,
    /// Futures margined in USDT or USDC
    Um,
}

impl From<MarketName> for Product {
    fn from(name: MarketName) -> Self {
        match name {
            MarketName::Spot => Self::Spot,
            MarketName::Um => Self::UsdFutures,
        }
    }
}

/// What resampling takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ResampleArguments {
    /// Bars to read: CSV (plain, gzip, zip) or Parquet, a directory or a pattern such as 'BTCUSDT-5m-*.zip';
    /// repeatable, all of it is one series
    #[arg(long, value_name = "BARS", required = true)]
    pub(crate) data: Vec<PathBuf>,
    /// Length of the new bars: a multiple of that of the old ones, such as 1h, 1d or 1w
    #[arg(long, value_name = "LENGTH")]
    pub(crate) to: Timeframe,
    /// File to write; its ending says the form: .csv, .csv.gz or .parquet
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Longest hole that does not cut the series, in bars read; told by the data itself by default
    #[arg(long, value_name = "N")]
    pub(crate) max_missing_bars: Option<u64>,
    /// Change how the bars are read, such as data.timeframe=5m (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

impl DataCommand {
    /// Runs the command.
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Outcome> {
        match self {
            Self::Check(arguments) => check::run(arguments, out),
            Self::Fetch(arguments) => fetch::run(arguments, out),
            Self::Resample(arguments) => resample::run(arguments, out),
        }
    }
}
