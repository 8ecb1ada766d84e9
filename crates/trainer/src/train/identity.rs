//! A run before it begins: its name, what it depends on, and how its journal starts.

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::{DateTime, SecondsFormat, Utc};
use data::LoadedBars;
use models::ModelKind;
use pipeline::GitState;
use serde_json::Value;
use tirex::Tirex;

use crate::cli::TrainArguments;
use crate::config::Config;
use crate::dataset::Dataset;
use crate::progress::Progress;
use crate::source;
use crate::train::git;
use crate::train::output::{Artifacts, RunSummary};
use crate::train::tracked::{Beginning, Tracked};

/// What is known of a run before it begins.
pub(crate) struct RunIdentity<'a> {
    pub(super) arguments: &'a TrainArguments,
    pub(super) config: &'a Config,
    pub(super) dataset: &'a Dataset<'a>,
    pub(super) loaded: &'a [LoadedBars],
    pub(crate) artifacts: Artifacts,
    pub(crate) summary: RunSummary,
    pub(super) now: DateTime<Utc>,
    pub(super) git: GitState,
    pub(super) effective_config: Value,
    /// The words that repeat it.
    pub(super) command: Vec<String>,
}

impl<'a> RunIdentity<'a> {
    pub(crate) fn new(
        arguments: &'a TrainArguments,
        config: &'a Config,
        dataset: &'a Dataset<'a>,
        loaded: &'a [LoadedBars],
        command: Vec<String>,
    ) -> Result<Self> {
        let artifacts = Artifacts::new(&arguments.out);
        let now = Utc::now();
        let effective_config = serde_json::to_value(config)?;
        let summary = RunSummary {
            run: artifacts.new_run(&now.format("%Y%m%d-%H%M%S").to_string(), &config.name),
            fingerprint: source::fingerprint(loaded),
            config_hash: config_hash(config, &effective_config)?,
            models: config.scored_names().into_iter().map(str::to_owned).collect(),
            sharpe_ratios: BTreeMap::new(),
            sealed_from: dataset.seal,
            opened: arguments.open_seal,
        };
        let git = git::state();
        Ok(Self {
            arguments,
            config,
            dataset,
            loaded,
            artifacts,
            summary,
            now,
            git,
            effective_config,
            command,
        })
    }

    /// Everything that its fits depend on.
    pub(crate) fn key(&self) -> String {
        let RunSummary { config_hash, fingerprint, .. } = &self.summary;
        durable::sha256_hex(format!("{} {config_hash} {fingerprint}", env!("CARGO_PKG_VERSION")).as_bytes())
    }

    /// Begins to tell of the run.
    pub(crate) fn track(&self, progress: &Progress) -> Option<Tracked> {
        let (bars, summary) = (&self.loaded[0], &self.summary);
        let name = format!("{} {}", bars.series.symbol(), bars.series.timeframe());
        let dataset = tracking::Dataset {
            name,
            digest: summary.fingerprint.clone(),
            source: bars.quality.path.clone(),
            rows: self.loaded.iter().map(|bars| bars.series.len()).sum(),
        };
        let mut tags: BTreeMap<String, String> = [
            ("mlflow.source.name", self.command.join(" ")),
            ("mlflow.source.type", "LOCAL".to_owned()),
            ("program_version", env!("CARGO_PKG_VERSION").to_owned()),
            ("data_sha256", summary.fingerprint.clone()),
            ("config_sha256", summary.config_hash.clone()),
            ("git_dirty", self.git.dirty.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        tags.extend(self.git.commit.clone().map(|commit| ("mlflow.source.git.commit".to_owned(), commit)));
        let settings = &self.config.tracking;
        let experiment = settings.experiment(&self.config.name);
        let beginning = Beginning {
            run: &summary.run,
            experiment: &experiment,
            config: &self.effective_config,
            tags,
            dataset,
        };
        Tracked::begin(&self.arguments.out, beginning, settings.server().as_deref(), progress)
    }

    pub(crate) fn opens_seal(&self) -> bool {
        self.arguments.open_seal
    }

    pub(super) fn created_at(&self) -> String {
        self.now.to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

/// The hash of a configuration and of the forecasters that it uses: a file of weights is more than its path.
pub(crate) fn config_hash(config: &Config, effective: &Value) -> Result<String> {
    let mut text = effective.to_string();
    let of_head = config.models.contains(&ModelKind::Tirex).then_some(&config.tirex.weights);
    let of_forecasts = config.forecast.as_ref().map(|forecast| &forecast.weights);
    for weights in of_head.into_iter().chain(of_forecasts) {
        text.push_str(&match weights {
            Some(path) => durable::sha256_file(path)?,
            None => durable::sha256_hex(Tirex::small_file()),
        });
    }
    Ok(durable::sha256_hex(text.as_bytes()))
}
