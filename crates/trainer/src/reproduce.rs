//! `trainer reproduce`: a bundle trained again from what it says of itself.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use durable::StagedDirectory;
use pipeline::{Bundle, BundleFacts, Manifest, Pipeline};
use serde_json::json;

use crate::cli::Outcome;
use crate::config::{ConfigFile, ReportConfig};
use crate::dataset::Dataset;
use crate::experiment::Experiment;
use crate::experiment::fold::{Fit, Fitter};
use crate::interrupt;
use crate::progress::Progress;
use crate::source;

/// Probabilities that differ by no more are equal for models without bit-identical weights.
const TOLERANCE: f64 = 1e-6;

const HELP: &str = "The configuration, the seed and the bars are those that the bundle names; the bars are recognised by their \
fingerprint. Everything is trained again, folds included, since weights of an ensemble and thresholds of prediction sets \
rest on them. Nothing is kept.

Exit codes: 0 the same weights, or probabilities equal to 1e-6; 1 not; 2 failed.";

/// What reproducing takes.
#[derive(Debug, Clone, Args)]
#[command(after_help = HELP)]
pub(crate) struct ReproduceArguments {
    /// Bundle: a directory, or NAME, NAME/VERSION or NAME@champion in artifacts/models
    pub(crate) bundle: PathBuf,
    /// Its bars, when they are not where they were
    #[arg(long, value_name = "BARS")]
    pub(crate) data: Vec<PathBuf>,
    /// Bars of one symbol of its pool, when they are not where they were (repeat it for each)
    #[arg(long, value_name = "BARS", conflicts_with = "data")]
    pub(crate) pool: Vec<PathBuf>,
    /// Directory of the config file that paths in the configuration are relative to
    #[arg(long, value_name = "DIR", default_value = "configs")]
    pub(crate) relative_to: PathBuf,
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

pub(crate) fn run(arguments: &ReproduceArguments, out: &mut dyn Write) -> Result<Outcome> {
    let bundle = Bundle::load(&arguments.bundle)?;
    let manifest = &bundle.manifest;
    let facts = &manifest.facts;
    let mut file = recorded_config(manifest, &arguments.relative_to)?;
    // Only what decides predictions is compared.
    file.config.report = ReportConfig {
        importance_rows: 10,
        importance_windows: 10,
        importance_repeats: 1,
        explained_rows: 1,
        ..file.config.report
    };
    let progress = Progress::new(arguments.quiet);
    let (data, pool) = bars_of(manifest, &file, &arguments.data, &arguments.pool)?;
    let loaded = source::load_all(&file, &data, &pool)?;
    let fingerprint = source::fingerprint(&loaded);
    let stated = facts.data["fingerprint"].as_str().unwrap_or_default();
    if fingerprint != stated {
        bail!(
            "these are not the bars that {} was trained on: their fingerprint is {fingerprint}, not {stated}; name those with --data",
            manifest.model_version()
        );
    }
    interrupt::listen()?;
    let dataset = Dataset::build(&file.config, &loaded, None, &progress)?;
    let fitter = Fitter {
        config: &file.config,
        dataset: &dataset,
        progress: &progress,
        unfinished: None,
        kept_vectors: None,
        tracked: None,
        after_fold: None,
    };
    let experiment = Experiment::run(&fitter)?;
    let again = fit_of(&experiment, &file, facts)?;
    let made = written(again, facts)?;
    let same_files = manifest.files == made.files;
    let same_content = manifest.content_hash == made.content_hash;
    let distance = if same_content { 0.0 } else { farthest(&bundle.pipeline, again, &dataset)? };
    let same = same_content || distance <= TOLERANCE;
    let name = manifest.model_version();
    let sentence = if same_content {
        format!(
            "{name} was reproduced: the same weights, bit for bit, and the same content hash {}",
            made.content_hash
        )
    } else if same {
        format!(
            "{name} was reproduced: {}, probabilities equal to {distance:.1e}",
            if same_files { "the same weights, bit for bit" } else { "not the same bits" }
        )
    } else {
        format!(
            "{name} was NOT reproduced: probabilities differ by up to {distance:.3e}; it was made by version {}{}, this is {}",
            facts.program_version,
            facts.git.commit.as_ref().map_or_else(String::new, |commit| format!(" at {commit}")),
            env!("CARGO_PKG_VERSION")
        )
    };
    if arguments.json {
        let said = json!({
            "bundle": name,
            "reproduced": same,
            "same_weights": same_files,
            "same_content": same_content,
            "largest_difference": distance,
            "sentence": sentence,
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&said)?)?;
    } else {
        writeln!(out, "{sentence}")?;
    }
    Ok(if same { Outcome::Done } else { Outcome::No })
}

/// The configuration that a bundle was trained with.
pub(crate) fn recorded_config(manifest: &Manifest, relative_to: &Path) -> Result<ConfigFile> {
    ConfigFile::recorded(&manifest.facts.config, relative_to).map_err(|why| {
        anyhow!("the configuration of {} can't be used by this program: {why}", manifest.model_version())
    })
}

/// Where a bundle's bars are: as given, or where they were, or where the configuration says. The fingerprint tells whether these
/// are the bars.
fn bars_of(
    manifest: &Manifest,
    file: &ConfigFile,
    data: &[PathBuf],
    pool: &[PathBuf],
) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    if !data.is_empty() || !pool.is_empty() {
        return Ok((data.to_vec(), pool.to_vec()));
    }
    let facts = &manifest.facts.data;
    let paths: Vec<PathBuf> = serde_json::from_value(facts["paths"].clone()).unwrap_or_default();
    let missing = paths.iter().find(|path| !path.exists());
    match (missing, paths.len()) {
        (None, 1) => Ok((paths, Vec::new())),
        (None, symbols) if symbols > 1 => Ok((Vec::new(), paths)),
        _ if file.config.data.path.is_some() || !file.config.data.pool.is_empty() => {
            Ok((Vec::new(), Vec::new()))
        }
        (Some(missing), _) => {
            bail!("its bars are not at {} any more; name them with --data", missing.display())
        }
        (None, _) => bail!("the bundle does not say where its bars are; name them with --data"),
    }
}

/// What was trained again: the final refit, or a fold's.
fn fit_of<'e>(experiment: &'e Experiment, file: &ConfigFile, facts: &BundleFacts) -> Result<&'e Pipeline> {
    let names = file.config.scored_names();
    let place = names.iter().position(|name| *name == facts.name);
    let place = place.with_context(|| format!("its configuration has no model {}", facts.name))?;
    let fits: &[Fit] = match facts.fitted_on.strip_prefix("fold ") {
        None => &experiment.finals,
        Some(number) => {
            let fold = experiment.folds.iter().find(|fold| fold.number.to_string() == number);
            &fold.with_context(|| format!("there is no fold {number}"))?.fits
        }
    };
    match &fits[place] {
        Ok((pipeline, _)) => Ok(pipeline),
        Err(why) => bail!("{} failed this time: {why}", facts.name),
    }
}

/// The manifest that it has when it is written.
fn written(pipeline: &Pipeline, facts: &BundleFacts) -> Result<Manifest> {
    let place = std::env::temp_dir().join(format!("reproduced-{}", std::process::id()));
    let staged = StagedDirectory::create(&place)?;
    Ok(Bundle::write(pipeline, facts.clone(), &staged, "")?)
}

/// The largest difference of a probability over all bars that both answer for.
fn farthest(first: &Pipeline, second: &Pipeline, dataset: &Dataset<'_>) -> Result<f64> {
    let mut farthest = 0.0_f64;
    for symbol in &dataset.symbols {
        let tables = [first, second].map(|pipeline| pipeline.compute_features(symbol.series(), |_| ()));
        let [table, other] = tables;
        let (table, other) = (table?, other?);
        let bars = first.answerable(&table);
        for bars in bars.chunks(1024) {
            let answers = first.answer(&table, bars)?.into_iter().zip(second.answer(&other, bars)?);
            for (a, b) in answers {
                let pairs = a.combined.values().iter().zip(b.combined.values());
                farthest = pairs.map(|(a, b)| (a - b).abs()).fold(farthest, f64::max);
            }
        }
    }
    Ok(farthest)
}
