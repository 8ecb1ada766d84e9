//! Writing what a run made: bundles, and the run directory.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use durable::StagedDirectory;
use evaluation::{TestRow, top};
use market::{Classes, Timestamp};
use pipeline::{Bundle, BundleFacts, Manifest, Pipeline, Registry};
use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::experiment::Experiment;
use crate::search::past_trials;

/// Small summary of a run, for counting what was ever tried.
const SUMMARY_FILE: &str = "run.json";

/// The artifacts directory.
pub(crate) struct Artifacts {
    root: PathBuf,
}

/// What `run.json` holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RunSummary {
    pub(crate) run: String,
    pub(crate) fingerprint: String,
    /// SHA-256 of the effective configuration.
    pub(crate) config_hash: String,
    pub(crate) models: Vec<String>,
    /// Sharpe ratio per period of each model that could be traded on.
    #[serde(default)]
    pub(crate) sharpe_ratios: BTreeMap<String, f64>,
    /// When its sealed period begins.
    #[serde(default)]
    pub(crate) sealed_from: Option<Timestamp>,
    /// Whether it looked behind the seal.
    #[serde(default)]
    pub(crate) opened: bool,
}

/// Everything tried on some bars, the run at hand included.
pub(crate) struct Tried {
    /// Models × configurations.
    pub(crate) count: usize,
    /// Sharpe ratios per period of the other configurations.
    pub(crate) past_ratios: Vec<f64>,
}

impl Artifacts {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// A run name that is free: the time and the config's name.
    pub(crate) fn new_run(&self, stamp: &str, name: &str) -> String {
        let base = format!("{stamp}-{name}");
        // A run that failed has a journal only.
        let journals: Vec<PathBuf> = tracking::journals(&self.root);
        let is_told = |run: &String| {
            journals.iter().any(|path| {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                let process = name.strip_prefix(run.as_str()).and_then(|rest| rest.strip_prefix('-'));
                process.is_some_and(|process| process.parse::<u128>().is_ok())
            })
        };
        let free = |run: &String| !self.run_directory(run).exists() && !is_told(run);
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        std::iter::once(base.clone()).chain(numbered).find(free).unwrap_or(base)
    }

    pub(crate) fn run_directory(&self, run: &str) -> PathBuf {
        self.root.join("runs").join(run)
    }

    pub(crate) fn registry(&self) -> Registry {
        Registry::new(self.root.join("models"))
    }

    /// Every run and every trial of a search on bars with the same fingerprint that is on disk, by name.
    pub(crate) fn past_runs(&self, now: &RunSummary) -> Vec<RunSummary> {
        let entries = fs::read_dir(self.root.join("runs")).into_iter().flatten().flatten();
        let mut past: Vec<RunSummary> = entries
            .filter_map(|entry| fs::read(entry.path().join(SUMMARY_FILE)).ok())
            .filter_map(|bytes| serde_json::from_slice::<RunSummary>(&bytes).ok())
            .filter(|run| run.fingerprint == now.fingerprint)
            .collect();
        past.extend(past_trials(&self.root, &now.fingerprint));
        past.sort_by(|a, b| a.run.cmp(&b.run));
        past
    }

    /// What was ever tried on these bars.
    pub(crate) fn tried(&self, now: &RunSummary) -> Tried {
        let past = self.past_runs(now);
        let mut tried: Vec<(&str, &str)> = Vec::new();
        for run in past.iter().chain([now]) {
            tried.extend(run.models.iter().map(|model| (run.config_hash.as_str(), model.as_str())));
        }
        tried.sort_unstable();
        tried.dedup();
        let other = past.iter().filter(|run| run.config_hash != now.config_hash);
        let ratios: BTreeMap<(&str, &str), f64> = other
            .flat_map(|run| {
                run.sharpe_ratios
                    .iter()
                    .map(|(model, ratio)| ((run.config_hash.as_str(), model.as_str()), *ratio))
            })
            .collect();
        Tried { count: tried.len(), past_ratios: ratios.into_values().collect() }
    }

    /// Publishes one model's final refit as the next version of its name.
    pub(crate) fn publish_bundle(
        &self,
        name: &str,
        pipeline: &Pipeline,
        facts: impl FnOnce(String) -> BundleFacts,
    ) -> Result<(PathBuf, Manifest)> {
        let (version, directory) = self.registry().next(name);
        let staged = StagedDirectory::create(&directory)?;
        let manifest = Bundle::write(pipeline, facts(version.to_string()), &staged, "")?;
        Ok((staged.publish()?, manifest))
    }

    /// Starts the run's own directory.
    pub(crate) fn stage_run(&self, run: &str) -> Result<StagedDirectory> {
        Ok(StagedDirectory::create(&self.run_directory(run))?)
    }
}

/// Adds the run's summary.
pub(crate) fn write_summary(staged: &StagedDirectory, summary: &RunSummary) -> Result<()> {
    Ok(staged.write(SUMMARY_FILE, serde_json::to_string_pretty(summary)?.as_bytes())?)
}

/// The out-of-sample predictions as CSV: one line per model and row, probabilities in full precision.
pub(crate) fn predictions_csv(
    experiment: &Experiment,
    dataset: &Dataset<'_>,
    names: &[&str],
) -> Result<String, std::fmt::Error> {
    let classes = &experiment.label.classes;
    let mut text = PredictionLines::new(classes, dataset)?;
    for (name, predictions) in names.iter().zip(&experiment.predictions) {
        let Some(predictions) = predictions else { continue };
        for (index, row) in experiment.rows.iter().enumerate() {
            text.add(name, row, predictions.row(index, classes.len()))?;
        }
    }
    Ok(text.text)
}

/// Lines of predictions.
pub(super) struct PredictionLines<'a> {
    classes: &'a Classes,
    dataset: &'a Dataset<'a>,
    pub(super) text: String,
}

impl<'a> PredictionLines<'a> {
    /// The head. A pool's rows need their symbol; runs of one keep the columns that they always had.
    pub(super) fn new(classes: &'a Classes, dataset: &'a Dataset<'a>) -> Result<Self, std::fmt::Error> {
        let several = dataset.symbols.len() > 1;
        let mut text = String::from(if several { "model,fold,symbol" } else { "model,fold" });
        text.push_str(",timestamp,label,predicted");
        for class in classes.names() {
            write!(text, ",p_{class}")?;
        }
        text.push('\n');
        Ok(Self { classes, dataset, text })
    }

    pub(super) fn add(&mut self, model: &str, row: &TestRow, p: &[f64]) -> Result<(), std::fmt::Error> {
        let Self { classes, dataset, text } = self;
        let time = dataset.bar(row.bar).close_time.millis();
        let (label, predicted) = (classes.name(row.class), classes.name(top(p) as u8));
        write!(text, "{model},{}", row.fold)?;
        if dataset.symbols.len() > 1 {
            write!(text, ",{}", dataset.symbols[dataset.place(row.bar).0].series().symbol())?;
        }
        write!(text, ",{time},{label},{predicted}")?;
        for value in p {
            write!(text, ",{value}")?;
        }
        text.push('\n');
        Ok(())
    }
}
