//! `trainer validate --protocol leaky`: how much a wrong protocol flatters, on the user's own bars.
//!
//! A forest that memorises is scored twice: as textbooks do, on shuffled rows, where the neighbours of a test
//! row, whose labels overlap with its own, are learnt from; and walk-forward, purged. Beside both stands what
//! the config's models score honestly. Writes no bundle and no run.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use ensemble::CalibrationMethod;
use evaluation::{
    Bootstrap, Difference, FoldRows, Interval, Predictions, Tally, TestRow, log_losses, mean_block_length,
};
use labels::LabelSeries;
use market::{Purpose, Seed};
use models::{FeatureView, FittedModel, LabelledRows, ModelKind, ModelSpec, TrainingSet};
use rand::seq::SliceRandom;
use serde::Serialize;
use trees::{ForestConfig, MaxFeatures};

use crate::cli::Outcome;
use crate::config::{Config, ConfigFile};
use crate::dataset::Dataset;
use crate::experiment;
use crate::experiment::fold::Fitter;
use crate::experiment::folds::splits;
use crate::progress::Progress;
use crate::source;

const HELP: &str = "Example:
  trainer validate --protocol leaky --config random_forest.toml --data BTCUSDT-1h.csv.gz

Exit codes: 0 done, 2 failed.";

/// What validating takes.
#[derive(Debug, Clone, Args)]
#[command(after_help = HELP)]
pub(crate) struct ValidateArguments {
    /// Which protocol to show beside the honest one
    #[arg(long, value_enum)]
    protocol: Protocol,
    /// The run's TOML file; looked up as given, then in configs/
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Bars instead of the config's: a file, a directory or a pattern (repeatable)
    #[arg(long, value_name = "BARS")]
    data: Vec<PathBuf>,
    /// Change one value of the config, such as label.horizon=24 (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Threads to use; all cores by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Show no progress
    #[arg(long)]
    quiet: bool,
}

/// A protocol by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// Rows shuffled, nothing purged: wrong on purpose
    Leaky,
}

/// The forest that learns every training row by heart, whatever the config says.
fn memorising_forest() -> ForestConfig {
    ForestConfig {
        trees: 100,
        max_depth: None,
        min_leaf: 1,
        max_features: MaxFeatures::Sqrt,
        bootstrap: true,
        ..ForestConfig::default()
    }
}

/// One protocol's scores of the memorising forest.
#[derive(Debug, Serialize)]
struct ProtocolScores {
    protocol: &'static str,
    accuracy: Interval,
    /// Of each fold.
    fold_accuracy: Vec<f64>,
    test_rows: usize,
}

/// A model of the config, walk-forward and purged.
#[derive(Debug, Serialize)]
struct ConfiguredScores {
    model: String,
    accuracy: Interval,
    log_loss: Interval,
    /// Against the training part's class shares.
    versus_majority: Difference,
}

#[derive(Debug, Serialize)]
struct Comparison {
    label: &'static str,
    horizon: usize,
    honest: ProtocolScores,
    leaky: ProtocolScores,
    /// Leaky minus honest accuracy.
    inflation: f64,
    configured: Vec<ConfiguredScores>,
}

/// Scores both protocols and the config's models.
pub(crate) fn run(arguments: &ValidateArguments, out: &mut dyn Write) -> Result<Outcome> {
    let Protocol::Leaky = arguments.protocol;
    let file = ConfigFile::load(&arguments.config, &arguments.set)?;
    let config = &file.config;
    if !config.validation.scheme().trains_on_past_only() || config.validation.scheme().repeats_test_rows() {
        bail!(
            "this command shows shuffled rows beside time order; use it with a walk_forward or time_series split"
        );
    }
    let progress = Progress::new(arguments.quiet);
    if config.validation.sealed.is_some() {
        bail!(
            "this command compares protocols on all bars and would look behind the seal; leave out validation.sealed"
        );
    }
    let loaded = [source::load(&file, &arguments.data)?];
    let dataset = Dataset::build(config, &loaded, None, &progress)?;
    let memorised = Memorised { config, dataset: &dataset, progress: &progress };
    let honest = memorised.honest()?;
    let leaky = memorised.leaky(honest.fold_accuracy.len())?;
    let comparison = Comparison {
        label: config.label.kind.name(),
        horizon: config.label.horizon,
        inflation: leaky.accuracy.mean - honest.accuracy.mean,
        honest,
        leaky,
        configured: configured(config, &dataset, &progress)?,
    };
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&comparison)?)?;
    } else {
        writeln!(out, "{}", comparison.text())?;
    }
    Ok(Outcome::Done)
}

/// The memorising forest on the rows of a dataset.
struct Memorised<'a> {
    config: &'a Config,
    dataset: &'a Dataset<'a>,
    progress: &'a Progress,
}

impl Memorised<'_> {
    /// Walk-forward, purged by the labels' intervals.
    fn honest(&self) -> Result<ProtocolScores> {
        let mut answers = Answers::default();
        for (fold, split) in splits(self.config, self.dataset)?.iter().enumerate() {
            let labels = self.dataset.labels(Some(self.dataset.instants[split.test[0].start]))?;
            let rows = FoldRows::of(split, &self.dataset.labelled_bars(&labels)[0], 0.0);
            let labels = &labels.of_symbol[0].series;
            self.answer(&mut answers, fold, "honest", labels, &rows.train, &rows.test)?;
        }
        answers.scores("in time order, purged", self.config)
    }

    /// As many folds of shuffled rows, each answered from all others.
    fn leaky(&self, folds: usize) -> Result<ProtocolScores> {
        let labels = self.dataset.labels(None)?;
        let (labels, symbol) = (&labels.of_symbol[0].series, &self.dataset.symbols[0]);
        let mut rows: Vec<usize> =
            symbol.usable.iter().copied().filter(|bar| labels.labels[*bar].is_some()).collect();
        rows.shuffle(&mut self.config.seed.stream(Purpose::ShuffledLabels, &[1]));
        let mut answers = Answers::default();
        for fold in 0..folds {
            let cut = |fold: usize| rows.len() * fold / folds;
            let mut test = rows[cut(fold)..cut(fold + 1)].to_vec();
            let mut train = [&rows[..cut(fold)], &rows[cut(fold + 1)..]].concat();
            test.sort_unstable();
            train.sort_unstable();
            self.answer(&mut answers, fold, "leaky", labels, &train, &test)?;
        }
        answers.scores("shuffled, not purged", self.config)
    }

    /// Fits on some rows and answers for others.
    fn answer(
        &self,
        answers: &mut Answers,
        fold: usize,
        protocol: &str,
        labels: &LabelSeries,
        train: &[usize],
        test: &[usize],
    ) -> Result<()> {
        let class = |bar: &usize| labels.labels[*bar].map(|label| label.class);
        let classes: Vec<u8> = train.iter().filter_map(class).collect();
        let (values, n_features) = (self.dataset.table.values(), self.dataset.table.schema().len());
        let data = TrainingSet {
            values,
            n_features,
            n_classes: labels.classes.len(),
            train: LabelledRows { ends: train, classes: &classes },
            validation: LabelledRows::default(),
            columns: self.dataset.columns_of(ModelKind::RandomForest),
        };
        let stage = self.progress.stage(&format!("memorising forest, {protocol}, fold {fold}"), 1);
        let spec = ModelSpec::RandomForest(memorising_forest());
        let seed = Seed(self.config.seed.0).part(&[fold as u64]);
        let (model, _) = FittedModel::fit(&spec, &data, CalibrationMethod::None, seed, &stage)?;
        let predicted = model.predict_values(&FeatureView { values, n_features, ends: test })?;
        stage.finish(&format!("{} rows from {}", test.len(), train.len()));
        answers.n_classes = labels.classes.len();
        let rows = predicted.chunks_exact(answers.n_classes).zip(test);
        answers.rows.extend(rows.filter_map(|(probabilities, &bar)| {
            Some((TestRow { bar, fold, class: class(&bar)? }, probabilities.to_vec()))
        }));
        Ok(())
    }
}

/// What the forest said, fold after fold.
#[derive(Default)]
struct Answers {
    n_classes: usize,
    rows: Vec<(TestRow, Vec<f64>)>,
}

impl Answers {
    fn scores(mut self, protocol: &'static str, config: &Config) -> Result<ProtocolScores> {
        if self.rows.is_empty() {
            bail!("no fold has a labelled test row; use more bars or another label");
        }
        let mut fold_accuracy = Vec::new();
        for fold in self.rows.chunk_by(|(a, _), (b, _)| a.fold == b.fold) {
            let mut tally = Tally::empty(self.n_classes);
            for (row, probabilities) in fold {
                tally.add(row.class, probabilities);
            }
            fold_accuracy.push(tally.accuracy());
        }
        // Blocks of the bootstrap are stretches of time.
        self.rows.sort_by_key(|(row, _)| row.bar);
        let rows: Vec<TestRow> = self.rows.iter().map(|(row, _)| *row).collect();
        let predictions = Predictions {
            values: self.rows.into_iter().flat_map(|(_, probabilities)| probabilities).collect(),
        };
        let losses = log_losses(&rows, &predictions, self.n_classes);
        let block = mean_block_length(&losses, 2.0 * config.label.horizon as f64);
        let draws = config.report.bootstrap_draws;
        let bootstrap = Bootstrap::new(rows.len(), self.n_classes, block, draws, config.seed);
        let accuracy = bootstrap.score(&rows, &predictions).metrics().accuracy;
        Ok(ProtocolScores { protocol, accuracy, fold_accuracy, test_rows: rows.len() })
    }
}

/// The config's models as the main command validates them.
fn configured(config: &Config, dataset: &Dataset<'_>, progress: &Progress) -> Result<Vec<ConfiguredScores>> {
    let fitter = Fitter {
        config,
        dataset,
        progress,
        unfinished: None,
        kept_vectors: None,
        tracked: None,
        after_fold: None,
    };
    let scores = experiment::scores(&fitter)?.models.into_iter().filter_map(|model| {
        let metrics = model.metrics?;
        let versus_majority = *model.versus.get("majority")?;
        let (accuracy, log_loss) = (metrics.accuracy, metrics.log_loss);
        Some(ConfiguredScores { model: model.name, accuracy, log_loss, versus_majority })
    });
    Ok(scores.collect())
}

impl Comparison {
    fn text(&self) -> String {
        let cell = |i: Interval| format!("{:.3} [{:.3}, {:.3}]", i.mean, i.low, i.high);
        let mut text = format!(
            "Label {}, {} bars ahead. A forest that memorises its training rows has an accuracy of\n",
            self.label, self.horizon
        );
        for (verdict, scores) in [("a LIE   ", &self.leaky), ("honest  ", &self.honest)] {
            writeln!(text, "  {verdict}{:<22}{}", scores.protocol, cell(scores.accuracy))
                .expect("writing to a string");
        }
        writeln!(
            text,
            "The shuffled protocol adds {:+.3}: a test row's neighbours share most of its label's future, and they \
             were learnt. Never report such a number.",
            self.inflation
        )
        .expect("writing to a string");
        for model in &self.configured {
            let difference = model.versus_majority.log_loss;
            write!(
                text,
                "The config's {} honestly: accuracy {}, log-loss {}; against the class shares {:+.4} [{:+.4}, {:+.4}] nats.",
                model.model,
                cell(model.accuracy),
                cell(model.log_loss),
                difference.mean,
                difference.low,
                difference.high
            )
            .expect("writing to a string");
        }
        text
    }
}
