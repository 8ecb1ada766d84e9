//! What `trainer leak-check` takes.

use std::path::PathBuf;

use clap::Args;

const HELP: &str = "\
What is tested:
  features   truncation       bars cut off at several places change no value before the cut
             future mutation  other bars behind a cut change no value before it
             batch = stream   bar by bar gives the same bits as the whole file (the program's own features)
             finite values    no NaN, no infinity
  label      truncation       a label stays the same when bars behind its `until` are cut off
             given too early  it is not given when `until` itself is cut off
             future mutation  a label stays the same when bars behind its `until` are others
             made of the past a label that no other future changes forecasts nothing
             label = column   the label is no function of one column at its own bar: of each feature, and of
                              past returns and volatilities, also in units of trailing standard deviations.
                              A rule of at most max(3, classes) intervals that is right on 99.5% of the
                              rows (and at 80% of the bars where the class changes) is a leak
A label that is fitted (hmm) is fitted on the first half of the bars and frozen. A label in the file (provided)
can't be computed again: only label = column tests it.

Your own code: a command is run by `sh -c` many times, with bars on standard input as CSV (open_time in epoch
milliseconds, open, high, low, close, volume, and quote_volume, trades, taker_buy_volume when the file has them).
It writes CSV with one row for each bar, in order, to standard output: open_time and its columns, an empty field
where there is no value. A label command writes open_time,label,label_until (the open time of the last bar that
the label needs). Values are compared within 1e-9 of the column's scale; the program's own bit for bit.

Examples:
  trainer leak-check --config random_forest.toml --data BTCUSDT-5m.csv.gz
  trainer leak-check --data BTCUSDT-5m.csv.gz --features seed43,extended --label hmm
  trainer leak-check --data bars.csv --features-command 'python3 my_features.py'
  trainer leak-check --data bars.csv --label-command 'python3 my_label.py' --horizon 12
  trainer leak-check --data bars.csv --label provided --set label.column=regime --set label.until_column=known

Exit codes: 0 no leak, 1 a leak was found, 2 failed.";

/// Looks for information from the future in features, and from the past in labels
#[derive(Debug, Clone, Args)]
#[command(after_help = HELP)]
pub(crate) struct LeakCheckArguments {
    /// A run's TOML file: its bars, features and label are checked
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Bars instead of the config's (CSV, gzip, zip, Parquet): a file, a directory or a pattern (repeatable)
    #[arg(long, value_name = "BARS")]
    pub(crate) data: Vec<PathBuf>,
    /// Feature sets or single features instead of the config's, separated by commas
    #[arg(long, value_name = "SETS", value_delimiter = ',')]
    pub(crate) features: Vec<String>,
    /// Label instead of the config's: `forward_direction`, volatility, hmm or provided
    #[arg(long, value_name = "KIND")]
    pub(crate) label: Option<String>,
    /// A program that reads bars and writes features
    #[arg(long, value_name = "CMD")]
    pub(crate) features_command: Option<String>,
    /// A program that reads bars and writes labels
    #[arg(long, value_name = "CMD")]
    pub(crate) label_command: Option<String>,
    /// Bars that a label command's labels look ahead, when it writes no `label_until`
    #[arg(long, value_name = "BARS", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) horizon: Option<u32>,
    /// Longest time that a command may run on the bars
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) timeout: u32,
    /// Places at which the bars are cut, besides the early ones
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) cuts: u16,
    /// Use only the newest bars: quicker for slow features
    #[arg(long, value_name = "N")]
    pub(crate) bars: Option<usize>,
    /// Seed of the places and of the other futures; the config's by default
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Change one value of the config, such as label.horizon=24 (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Threads to use; all cores by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress
    #[arg(long)]
    pub(crate) quiet: bool,
}
