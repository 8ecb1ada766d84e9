//! Bars from files, as a model takes them.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use data::{LoadError, LoadOptions, LoadedBars, QualityPolicy};
use market::BarSeries;
use pipeline::{Core, Pipeline};

/// Which files, and how they are read.
#[derive(Debug, Clone, Args)]
pub(crate) struct BarFiles {
    /// Bars: CSV (plain, gzip, zip) or Parquet, a directory or a pattern such as 'BTCUSDT-5m-*.zip';
    /// repeatable, all of it is one series
    #[arg(long, value_name = "BARS", required = true)]
    pub(crate) input: Vec<PathBuf>,
    /// Bars of another symbol that the model's cross-asset features look at: one file, directory or pattern
    /// for each symbol, which is told by its name (repeatable)
    #[arg(long, value_name = "BARS")]
    pub(crate) reference: Vec<PathBuf>,
    /// What to do about a kind of odd row: error, drop or keep (repeatable)
    #[arg(long, value_name = "KIND=ACTION")]
    pub(crate) policy: Vec<String>,
    /// Symbol in the predictions; by default from the input's name
    #[arg(long)]
    pub(crate) symbol: Option<String>,
    /// Accept bars of another length than the model was trained on
    #[arg(long)]
    pub(crate) any_timeframe: bool,
}

impl BarFiles {
    /// Every file that is read.
    pub(crate) fn all(&self) -> Vec<PathBuf> {
        [&self.input[..], &self.reference].concat()
    }

    /// The bars, with those of references beside them, as `core` takes them.
    pub(crate) fn load(&self, core: &Core, model_version: &str) -> Result<LoadedBars> {
        let options = LoadOptions {
            symbol: self.symbol.clone(),
            max_missing_bars: Some(core.gaps.max_missing_bars),
            policy: policy(&self.policy)?,
            ..LoadOptions::default()
        };
        let mut loaded = data::load_files(&self.input, &options).map_err(with_option)?;
        if !self.reference.is_empty() {
            loaded.series = self.beside_references(loaded.series)?;
        }
        if loaded.series.timeframe() != core.timeframe && !self.any_timeframe {
            bail!(
                "{} holds {} bars, {model_version} was trained on {} bars; give it such bars, or add --any-timeframe if you know why",
                loaded.quality.path,
                loaded.series.timeframe(),
                core.timeframe
            );
        }
        Ok(loaded)
    }

    /// The bars with those of the references beside them, cut to where all of these have bars.
    fn beside_references(&self, series: BarSeries) -> Result<BarSeries> {
        let options = LoadOptions {
            timeframe: Some(series.timeframe()),
            max_missing_bars: Some(series.gaps().max_missing_bars),
            ..LoadOptions::default()
        };
        let load = |path: &PathBuf| Ok(data::load(path, &options)?.series);
        let references: Vec<BarSeries> =
            self.reference.iter().map(load).collect::<Result<_>>().context("--reference")?;
        series.with_references(&references).context("--reference")
    }
}

/// Refuses bars that are too few for a single prediction.
pub(crate) fn too_few(loaded: &LoadedBars, pipeline: &Pipeline, model_version: &str) -> anyhow::Error {
    anyhow!(
        "{} has {} bars, {model_version} needs {} bars without a long hole before its first prediction; give it a longer file",
        loaded.quality.path,
        loaded.series.len(),
        pipeline.required_bars()
    )
}

/// The policy that `KIND=ACTION` settings describe.
fn policy(settings: &[String]) -> Result<QualityPolicy> {
    let mut kinds = serde_json::Map::new();
    for setting in settings {
        let Some((kind, action)) = setting.split_once('=') else {
            bail!("--policy {setting}: write it as KIND=ACTION, such as invalid_bars=drop");
        };
        kinds.insert(kind.to_owned(), action.into());
    }
    serde_json::from_value(kinds.into()).map_err(|error| anyhow!("--policy {}: {error}", settings.join(" ")))
}

/// Advice that names a config's value also says how it is given here.
fn with_option(error: LoadError) -> anyhow::Error {
    let text = error.to_string();
    if text.contains("data.policy.") { anyhow!("{text} (here: --policy KIND=ACTION)") } else { error.into() }
}
