//! The main command: bars in, bundles and a report out.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::{Result, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use data::LoadedBars;
use evaluation::top;
use market::Seed;
use models::ModelKind;
use pipeline::{Bundle, BundleFacts, GitState};
use serde_json::{Value, json};

use crate::cli::{Outcome, TrainArguments};
use crate::config::{Config, ConfigFile, with_features};
use crate::dataset::Dataset;
use crate::experiment::Experiment;
use crate::output::{Artifacts, RunSummary, predictions_csv, write_summary};
use crate::progress::Progress;
use crate::report::{self, DataReport, ModelReport, Report, Status, TimelinePoint, Trials};
use crate::{git, source};

/// Points of the regime timeline.
const TIMELINE_POINTS: usize = 1500;

/// Runs the config. Nothing is written before everything has been computed.
pub(crate) fn run(arguments: &TrainArguments, out: &mut dyn Write) -> Result<Outcome> {
    let Some(config) = &arguments.config else {
        bail!("name a config with --config, such as --config lstm.toml; see trainer --help");
    };
    let mut file = ConfigFile::load(config, &with_features(&arguments.set, &arguments.features))?;
    if let Some(seed) = arguments.seed {
        file.config.seed = Seed(seed);
    }
    durable::require_writable(&arguments.out)?;
    let progress = Progress::new(arguments.quiet);

    let loaded = source::load(&file, &arguments.data)?;
    if !arguments.data.is_empty() {
        // The config's own bars were not read.
        file.config.data.path = None;
    }
    let config = &file.config;
    progress.say(&loaded.quality.to_string());
    let dataset = Dataset::build(config, &loaded, &progress)?;
    let experiment = Experiment::run(config, &dataset, &progress)?;

    let failed = experiment.models.iter().filter(|model| model.status == Status::Failed).count();
    if failed == experiment.models.len() {
        bail!("nothing was written: {}", experiment.models[0].verdict.trim_end_matches('.'));
    }

    let written = Writing::new(arguments, config, &dataset, experiment)?.write()?;
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&written.summary)?)?;
    } else {
        writeln!(out, "{}", written.text)?;
    }
    Ok(if failed == 0 { Outcome::Done } else { Outcome::No })
}

/// The words of the command that repeats a run.
fn command(arguments: &TrainArguments, seed: Seed) -> Vec<String> {
    let mut words = vec!["trainer".to_owned()];
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    if let Some(path) = &arguments.config {
        option("--config", path.display().to_string());
    }
    for path in &arguments.data {
        option("--data", path.display().to_string());
    }
    if !arguments.features.is_empty() {
        option("--features", arguments.features.join(","));
    }
    for setting in &arguments.set {
        option("--set", setting.clone());
    }
    option("--seed", seed.0.to_string());
    words
}

/// A finished experiment on its way to disk.
struct Writing<'a> {
    arguments: &'a TrainArguments,
    config: &'a Config,
    dataset: &'a Dataset<'a>,
    experiment: Experiment,
    artifacts: Artifacts,
    run: String,
    now: DateTime<Utc>,
    git: GitState,
    effective_config: Value,
}

/// What was written, in words and for machines.
struct Written {
    text: String,
    summary: Value,
}

impl<'a> Writing<'a> {
    fn new(
        arguments: &'a TrainArguments,
        config: &'a Config,
        dataset: &'a Dataset<'a>,
        experiment: Experiment,
    ) -> Result<Self> {
        let artifacts = Artifacts::new(&arguments.out);
        let now = Utc::now();
        let run = artifacts.new_run(&now.format("%Y%m%d-%H%M%S").to_string(), &config.name);
        let effective_config = serde_json::to_value(config)?;
        Ok(Self {
            arguments,
            config,
            dataset,
            experiment,
            artifacts,
            run,
            now,
            git: git::state(),
            effective_config,
        })
    }

    fn write(mut self) -> Result<Written> {
        let staged = self.artifacts.stage_run(&self.run)?;
        for (place, kind) in self.config.models.iter().enumerate() {
            let Ok((pipeline, _)) = &self.experiment.finals[place] else { continue };
            let facts = |version| self.facts(*kind, version, "final");
            let (_, manifest) = self.artifacts.publish_bundle(kind.name(), pipeline, facts)?;
            let report = &mut self.experiment.models[place];
            report.bundle = Some(format!("models/{}", manifest.model_version()));
            report.content_hash = Some(manifest.content_hash);
        }
        if self.arguments.keep_folds {
            self.write_folds(&staged)?;
        }
        let summary = self.run_summary();
        let report = self.report(&summary);
        let rendered = report::render(&report)?;
        staged.write("report.html", rendered.html.as_bytes())?;
        staged.write("report.json", rendered.json.as_bytes())?;
        for (name, bytes) in &rendered.images {
            staged.write(name, bytes)?;
        }
        let names: Vec<&str> = self.config.models.iter().map(|kind| kind.name()).collect();
        staged
            .write("predictions.csv", predictions_csv(&self.experiment, self.dataset, &names)?.as_bytes())?;
        write_summary(&staged, &summary)?;
        let directory = staged.publish()?;
        Ok(self.say(&report, &directory))
    }

    /// `runs/<run>/folds/<k>/`, or `<k>/<model>/` when the run has several models.
    fn write_folds(&self, staged: &durable::StagedDirectory) -> Result<()> {
        for (fold, fits) in self.experiment.folds.iter().enumerate() {
            for (kind, fit) in self.config.models.iter().zip(fits) {
                let Ok((pipeline, _)) = fit else { continue };
                let prefix = match fits.len() {
                    1 => format!("folds/{fold}/"),
                    _ => format!("folds/{fold}/{}/", kind.name()),
                };
                let facts = self.facts(*kind, format!("fold-{fold}"), &format!("fold {fold}"));
                Bundle::write(pipeline, facts, staged, &prefix)?;
            }
        }
        Ok(())
    }

    fn facts(&self, kind: ModelKind, version: String, fitted_on: &str) -> BundleFacts {
        let model = self.experiment.models.iter().find(|model| model.name == kind.name());
        let loaded: &LoadedBars = self.dataset.loaded;
        BundleFacts {
            name: kind.name().to_owned(),
            version,
            created_at: self.now.to_rfc3339_opts(SecondsFormat::Secs, true),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            git: self.git.clone(),
            run: self.run.clone(),
            fitted_on: fitted_on.to_owned(),
            seed: self.config.seed.0,
            config: self.effective_config.clone(),
            label: self.effective_config["label"].clone(),
            data: json!({
                "path": loaded.quality.path,
                "symbol": loaded.series.symbol(),
                "timeframe": loaded.series.timeframe(),
                "bars": loaded.series.len(),
                "first": loaded.quality.first,
                "last": loaded.quality.last,
                "fingerprint": loaded.fingerprint,
            }),
            metrics: json!({
                "out_of_sample": model.and_then(|model| model.metrics),
                "verdict": model.map(|model| &model.verdict),
                "baselines": self.experiment.baselines,
            }),
        }
    }

    fn run_summary(&self) -> RunSummary {
        RunSummary {
            run: self.run.clone(),
            fingerprint: self.dataset.loaded.fingerprint.clone(),
            config_hash: durable::sha256_hex(self.effective_config.to_string().as_bytes()),
            models: self.config.models.iter().map(|kind| kind.name().to_owned()).collect(),
        }
    }

    fn report(&self, summary: &RunSummary) -> Report {
        let loaded = self.dataset.loaded;
        let experiment = &self.experiment;
        Report {
            format_version: 1,
            run: self.run.clone(),
            created_at: self.now.to_rfc3339_opts(SecondsFormat::Secs, true),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            git: self.git.clone(),
            command: command(self.arguments, self.config.seed),
            seed: self.config.seed.0,
            verdicts: experiment.models.iter().map(|model| model.verdict.clone()).collect(),
            data: DataReport {
                path: loaded.quality.path.clone(),
                symbol: loaded.series.symbol().to_owned(),
                timeframe: loaded.series.timeframe().to_string(),
                fingerprint: loaded.fingerprint.clone(),
                quality: loaded.quality.clone(),
                usable_rows: self.dataset.usable.len(),
            },
            label: experiment.label.clone(),
            validation: experiment.validation.clone(),
            models: experiment.models.clone(),
            baselines: experiment.baselines.clone(),
            baselines_left_out: experiment.baselines_left_out.clone(),
            feature_importance: experiment.importance.clone(),
            trials: Trials { on_this_data: self.artifacts.trials(summary) },
            config: self.effective_config.clone(),
            timeline: self.timeline(),
        }
    }

    /// Price and the first working model's predictions, thinned.
    fn timeline(&self) -> Vec<TimelinePoint> {
        let Some(predictions) = self.experiment.predictions.iter().flatten().next() else {
            return Vec::new();
        };
        let rows = &self.experiment.rows;
        let bars = self.dataset.series().bars();
        let classes = self.experiment.label.classes.len();
        rows.iter()
            .enumerate()
            .step_by(rows.len().div_ceil(TIMELINE_POINTS).max(1))
            .map(|(index, row)| TimelinePoint {
                time: bars[row.bar].close_time,
                close: bars[row.bar].close,
                label: row.class,
                predicted: top(predictions.row(index, classes)) as u8,
            })
            .collect()
    }

    fn say(&self, report: &Report, directory: &std::path::Path) -> Written {
        let mut lines: Vec<String> = report.verdicts.clone();
        lines.push(String::new());
        lines.push(score_table(&report.models, &self.experiment));
        let bundles: Vec<String> = report
            .models
            .iter()
            .filter_map(|model| model.bundle.as_ref())
            .map(|bundle| self.arguments.out.join(bundle).display().to_string())
            .collect();
        lines.push("Open:".to_owned());
        let open = |name: &str| directory.join(name).display().to_string();
        lines.push(format!("  {}   the report", open("report.html")));
        lines.push(format!("  {}   the same for machines", open("report.json")));
        lines.push(format!("  {}   every out-of-sample prediction", open("predictions.csv")));
        lines.extend(
            bundles.iter().map(|bundle| format!("  {bundle}   the model, for predictor predict --model")),
        );
        let summary = json!({
            "run": self.run,
            "directory": directory,
            "report_html": open("report.html"),
            "report_json": open("report.json"),
            "predictions": open("predictions.csv"),
            "bundles": bundles,
            "verdicts": report.verdicts,
        });
        Written { text: lines.join("\n"), summary }
    }
}

/// Models and baselines side by side, for the terminal.
fn score_table(models: &[ModelReport], experiment: &Experiment) -> String {
    let mut text = format!("{:<16}{:>28}{:>28}{:>28}\n", "", "log-loss", "accuracy", "ROC-AUC");
    let working = models.iter().filter(|model| model.status == Status::Ok);
    let rows = working.filter_map(|model| Some((model.name.as_str(), model.metrics?)));
    let baselines = experiment.baselines.iter().map(|(name, metrics)| (name.as_str(), *metrics));
    for (name, metrics) in rows.chain(baselines) {
        let cell = |i: evaluation::Interval| format!("{:.4} [{:.4}, {:.4}]", i.mean, i.low, i.high);
        let cells = [metrics.log_loss, metrics.accuracy, metrics.roc_auc].map(cell);
        writeln!(text, "{name:<16}{:>28}{:>28}{:>28}", cells[0], cells[1], cells[2])
            .expect("writing to a string");
    }
    text
}
