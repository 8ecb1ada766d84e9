//! `trainer features`: bars in, a table of features out, with the label when one is asked for.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use data::{ColumnValues, LoadedBars, OutputColumn};
use features::FeatureTable;
use labels::LabelSeries;
use serde::Serialize;

use crate::cli::Outcome;
use crate::config::{Config, ConfigFile, EVERY_COLUMN, with_features};
use crate::dataset::Dataset;
use crate::experiment::folds::{self, FoldPlaces};
use crate::progress::Progress;
use crate::source;

/// What `trainer features --help` begins with.
pub(crate) const ABOUT: &str = "Write the features of bars as a table, with the label when one is asked for

One row for each bar. The first columns are open_time (epoch milliseconds) and close, then come the features
under their names, then label, label_from and label_until when there is a label: the class, and the open times
of the first and last bar ahead that decide it. The values are those that models learn from, bit for bit. A
value that does not exist yet (too few bars since the start or since a hole) is an empty field. A number is
written so that reading it gives the same bits.

A label that has to be fitted (hmm, jump) is fitted on the first half of the bars; in that half it has seen more
than it could have known.

With --folds there are two more columns for each fold that a run with the config fits: fold_0 is train,
early_stopping (held back to decide when to stop, and to calibrate), test or empty, and fold_0_label the class as
that fold knows it. Purged rows are empty. So another program can be measured on the same rows.";

const HELP: &str = "Examples:
  trainer features --data BTCUSDT-5m.csv.gz --features seed43 --out features.csv
  trainer features --data BTCUSDT-5m.csv.gz --features extended,returns_10 --settled-only --out features.parquet
  trainer features --config random_forest.toml --data BTCUSDT-5m.csv.gz --drop-unlabelled --out table.csv.gz
  trainer features --data BTCUSDT-5m.csv.gz --label forward_direction --set label.horizon=24 --out table.csv
  trainer features --config boosting.toml --data BTCUSDT-5m.csv.gz --folds --out folds.parquet

Exit codes: 0 done, 2 failed.";

/// What writing features takes.
#[expect(clippy::struct_excessive_bools, reason = "a command line has switches")]
#[derive(Debug, Clone, Args)]
#[command(after_help = HELP)]
pub(crate) struct FeaturesArguments {
    /// Bars instead of the config's (CSV, gzip, zip, Parquet): a file, a directory or a pattern (repeatable)
    #[arg(long, value_name = "BARS")]
    pub(crate) data: Vec<PathBuf>,
    /// Feature sets or single features, separated by commas; the config's or `extended` by default
    #[arg(long, value_name = "SETS", value_delimiter = ',')]
    pub(crate) features: Vec<String>,
    /// File to write; its ending says the form: .csv, .csv.gz or .parquet
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// A run's TOML file, from which data policy, features and label are taken
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Add this label instead of the config's: `forward_direction`, `triple_barrier`, `trend_vol`, volatility, `smoothed_trend`, hmm, jump or provided
    #[arg(long, value_name = "KIND")]
    pub(crate) label: Option<String>,
    /// Leave the config's label out
    #[arg(long, conflicts_with_all = ["label", "drop_unlabelled"])]
    pub(crate) no_label: bool,
    /// Only rows in which every feature agrees with one computed from a start long ago
    #[arg(long)]
    pub(crate) settled_only: bool,
    /// Only rows with a label
    #[arg(long)]
    pub(crate) drop_unlabelled: bool,
    /// Add the folds of the config: which rows each learns from and is tested on, with their classes
    #[arg(long, requires = "config")]
    pub(crate) folds: bool,
    /// Change one value of the config, such as label.horizon=24 (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
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

/// What was written.
#[derive(Debug, Serialize)]
struct Summary {
    file: PathBuf,
    symbol: String,
    timeframe: String,
    fingerprint: String,
    bars: usize,
    rows: usize,
    /// Names of the features, in order.
    features: Vec<String>,
    schema_hash: String,
    /// Bars until every feature has a value.
    first: usize,
    /// Bars until every feature is settled.
    settled: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<LabelSummary>,
}

#[derive(Debug, Serialize)]
struct LabelSummary {
    kind: &'static str,
    classes: Vec<String>,
    labelled_rows: usize,
    /// Bars that it was fitted on, when it is fitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    fitted_on_bars: Option<usize>,
}

/// Writes the table.
pub(crate) fn run(arguments: &FeaturesArguments, out: &mut dyn Write) -> Result<Outcome> {
    let file = config(arguments)?;
    let config = &file.config;
    let with_label = (arguments.label.is_some() || arguments.config.is_some()) && !arguments.no_label;
    if arguments.drop_unlabelled && !with_label {
        bail!("--drop-unlabelled needs a label; name one with --label or --config");
    }
    data::check_table_path(&arguments.out, &source::paths(&file, &arguments.data))?;
    let progress = Progress::new(arguments.quiet);
    let loaded = source::load(&file, &arguments.data)?;
    progress.say(&loaded.quality.to_string());
    let series = &loaded.series;
    let set = source::feature_set(&config.features, series)?;
    let labels = if with_label { Some(Labels::compute(config, &loaded)?) } else { None };

    let stage = progress.stage("features", series.len() as u64);
    let table = FeatureTable::compute(&set, series, |done| stage.set(done as u64, ""));
    stage.finish(&format!("{} features of {} bars", set.schema().len(), series.len()));

    let bars: Vec<usize> = (0..series.len())
        .filter(|&bar| !arguments.settled_only || table.is_usable(bar, 1))
        .filter(|&bar| {
            let has_label = labels.as_ref().is_some_and(|labels| labels.series.labels[bar].is_some());
            has_label || !arguments.drop_unlabelled
        })
        .collect();
    let stage = progress.stage("writing", bars.len() as u64);
    let done = |row: usize| stage.set(row as u64, "");
    let folds = if arguments.folds { fold_columns(config, &loaded, &progress)? } else { Vec::new() };
    let mut columns = columns(&loaded, &table, labels.as_ref(), &bars, &done);
    columns.extend(folds.iter().flat_map(|fold| fold.columns(&bars)));
    data::write_table(&arguments.out, bars.len(), &columns)?;
    drop(columns);
    stage.finish(&format!("{} rows", bars.len()));

    let summary = Summary {
        file: arguments.out.clone(),
        symbol: series.symbol().to_owned(),
        timeframe: series.timeframe().to_string(),
        fingerprint: loaded.fingerprint.clone(),
        bars: series.len(),
        rows: bars.len(),
        features: set.schema().names().map(str::to_owned).collect(),
        schema_hash: set.schema().hash().to_owned(),
        first: set.schema().first(),
        settled: set.schema().settled(),
        label: labels.map(|labels| labels.summary(&bars)),
    };
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&summary)?)?;
    } else {
        writeln!(out, "{}", summary.text())?;
    }
    Ok(Outcome::Done)
}

fn config(arguments: &FeaturesArguments) -> Result<ConfigFile> {
    let mut settings = with_features(&arguments.set, &arguments.features);
    settings.extend(arguments.label.iter().map(|kind| format!("label.kind={kind}")));
    if arguments.config.is_none() && arguments.data.is_empty() {
        bail!("name the bars with --data, such as --data BTCUSDT-5m.csv.gz; see trainer features --help");
    }
    Ok(match &arguments.config {
        Some(path) => ConfigFile::load(path, &settings)?,
        None => ConfigFile::built_in(EVERY_COLUMN, &settings)?,
    })
}

/// The labels of every bar.
struct Labels {
    series: LabelSeries,
    kind: &'static str,
    fitted_on_bars: Option<usize>,
}

impl Labels {
    fn compute(config: &Config, loaded: &LoadedBars) -> Result<Self> {
        let definition = source::definition(&config.label, loaded)?;
        let bars = loaded.series.len();
        let fitted_on_bars = definition.is_fitted_on_data().then_some(bars / 2);
        let labeller = definition.fit(&loaded.series, fitted_on_bars.unwrap_or(bars))?;
        Ok(Self { series: labeller.label(&loaded.series), kind: config.label.kind.name(), fitted_on_bars })
    }

    fn summary(&self, bars: &[usize]) -> LabelSummary {
        LabelSummary {
            kind: self.kind,
            classes: self.series.classes.names().to_vec(),
            labelled_rows: bars.iter().filter(|bar| self.series.labels[**bar].is_some()).count(),
            fitted_on_bars: self.fitted_on_bars,
        }
    }
}

/// The columns of the file; row r is of bar `bars[r]`. `done` hears each row that is begun.
fn columns<'a>(
    loaded: &'a LoadedBars,
    table: &'a FeatureTable,
    labels: Option<&'a Labels>,
    bars: &'a [usize],
    done: &'a dyn Fn(usize),
) -> Vec<OutputColumn<'a>> {
    let of = loaded.series.bars();
    let open_time = move |row: usize| {
        done(row);
        Some(of[bars[row]].open_time.millis())
    };
    let mut columns = vec![
        OutputColumn { name: "open_time", values: ColumnValues::Integers(Box::new(open_time)) },
        OutputColumn {
            name: "close",
            values: ColumnValues::Numbers(Box::new(move |row| Some(of[bars[row]].close))),
        },
    ];
    for (column, name) in table.schema().names().enumerate() {
        let value = move |row: usize| table.value(bars[row], column);
        columns.push(OutputColumn { name, values: ColumnValues::Numbers(Box::new(value)) });
    }
    if let Some(Labels { series: labels, .. }) = labels {
        let label = move |row: usize| labels.labels[bars[row]];
        let class = move |row: usize| label(row).map(|label| labels.classes.name(label.class));
        let from = move |row: usize| label(row).map(|label| label.from.millis());
        let until = move |row: usize| label(row).map(|label| label.until.millis());
        columns.push(OutputColumn { name: "label", values: ColumnValues::Texts(Box::new(class)) });
        columns.push(OutputColumn { name: "label_from", values: ColumnValues::Integers(Box::new(from)) });
        columns.push(OutputColumn { name: "label_until", values: ColumnValues::Integers(Box::new(until)) });
    }
    columns
}

/// The part each bar plays in a fold, and its class there.
struct FoldColumns {
    names: [String; 2],
    parts: Vec<Option<&'static str>>,
    classes: Vec<Option<u8>>,
    class_names: Vec<String>,
}

fn fold_columns(config: &Config, loaded: &LoadedBars, progress: &Progress) -> Result<Vec<FoldColumns>> {
    let dataset = Dataset::build(config, std::slice::from_ref(loaded), None, progress)?;
    let fold = |(number, places): (usize, FoldPlaces)| {
        let mut parts = vec![None; loaded.series.len()];
        for (rows, part) in
            [(&places.train, "train"), (&places.early_stopping, "early_stopping"), (&places.test, "test")]
        {
            for &row in rows {
                parts[row] = Some(part);
            }
        }
        let classes =
            parts.iter().enumerate().map(|(row, part)| part.and_then(|_| dataset.class(&places.labels, row)));
        FoldColumns {
            names: [format!("fold_{number}"), format!("fold_{number}_label")],
            classes: classes.collect(),
            parts,
            class_names: places.labels.classes().names().to_vec(),
        }
    };
    Ok(folds::places(config, &dataset)?.into_iter().enumerate().map(fold).collect())
}

impl FoldColumns {
    fn columns<'a>(&'a self, bars: &'a [usize]) -> [OutputColumn<'a>; 2] {
        let part = move |row: usize| self.parts[bars[row]];
        let class = move |row: usize| {
            self.classes[bars[row]].map(|class| self.class_names[usize::from(class)].as_str())
        };
        [
            OutputColumn { name: &self.names[0], values: ColumnValues::Texts(Box::new(part)) },
            OutputColumn { name: &self.names[1], values: ColumnValues::Texts(Box::new(class)) },
        ]
    }
}

impl Summary {
    fn text(&self) -> String {
        let count = |n: usize| data::thousands(n as u64);
        let mut text = vec![format!(
            "{} rows of {} bars with {} features (schema {}; row {} is the first with all of them, row {} the first settled one): {}",
            count(self.rows),
            count(self.bars),
            self.features.len(),
            &self.schema_hash[..12],
            self.first,
            self.settled,
            self.file.display()
        )];
        if let Some(label) = &self.label {
            let LabelSummary { kind, classes, labelled_rows, fitted_on_bars } = label;
            let fitted = fitted_on_bars.map(|bars| format!(", fitted on the first {} bars", count(bars)));
            let (rows, classes) = (count(*labelled_rows), classes.join(", "));
            let fitted = fitted.unwrap_or_default();
            text.push(format!("{rows} rows have a {kind} label ({classes}){fitted}"));
        }
        text.join("\n")
    }
}
