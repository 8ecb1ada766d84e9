//! `trainer search`: better values for a configuration, and what they are honestly worth.
//!
//! Comes in: a configuration, where some of its values may lie, bars. Trials are fitted fold by fold on what lies before the
//! holdout; the best values and the configuration as it is are then scored on the holdout, once.

mod market_objective;
mod outcome;
mod settings;
mod space;
mod study;
mod trial;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;

use self::market_objective::MarketObjective;
use self::outcome::Outcomes;
use self::settings::SearchSettings;
use self::study::{TrialFile, search};
use self::trial::{Trial, TrialStatus};
use crate::cli::Outcome;
use crate::config::ConfigFile;
use crate::dataset::Dataset;
use crate::interrupt::{self, Interrupted};
use crate::progress::Progress;
use crate::source;

pub(crate) use outcome::past_trials;

/// What `trainer search --help` begins with.
pub(crate) const ABOUT: &str = "Search better values for a configuration

Each trial is the configuration with other values, fitted walk-forward on the bars before the holdout; what counts is the \
log-loss out of sample. A trial that is worse than half of the others after as many folds is ended. The values are found by \
a tree-structured Parzen estimator, or at random. The best values and the configuration as it is are then trained and \
scored walk-forward through the holdout, which no trial saw: that difference, with its interval, is what the search was worth.

What was tried counts: runs on the same bars find the number of trials in their deflated Sharpe ratio. A search that was \
stopped or killed goes on with the same command, with the same result as without the interruption.";

const HELP: &str = "Example:
  trainer search --config search.toml
  trainer --config artifacts/searches/NAME/best.toml

Exit codes: 0 done, 1 the best values are not better on the holdout than the configuration as it is, 2 failed, 130 stopped.";

/// What searching takes.
#[derive(Debug, Clone, Args)]
#[command(after_help = HELP)]
pub(crate) struct SearchArguments {
    /// The search's TOML file; looked up as given, then in configs/
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Bars instead of the configuration's (repeatable)
    #[arg(long, value_name = "BARS")]
    data: Vec<PathBuf>,
    /// Where searches/ is written
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    out: PathBuf,
    /// Begin anew, whatever was tried before
    #[arg(long)]
    restart: bool,
    /// Threads to use; all cores by default. Their number does not change the result
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Show no progress
    #[arg(long)]
    quiet: bool,
}

pub(crate) fn run(arguments: &SearchArguments, out: &mut dyn Write) -> Result<Outcome> {
    let (settings, path) = SearchSettings::read(&arguments.config)?;
    let config = settings.config_path(&path);
    let base = ConfigFile::load(&config, &[]).with_context(|| format!("config of {}", path.display()))?;
    let target = settings.target(&base).with_context(|| path.display().to_string())?;
    durable::require_writable(&arguments.out)?;
    let progress = Progress::new(arguments.quiet);
    let loaded = source::load_all(&base, &arguments.data, &[])?;
    let fingerprint = source::fingerprint(&loaded);
    let key = durable::sha256_hex(
        json!([env!("CARGO_PKG_VERSION"), settings, base.config, fingerprint]).to_string().as_bytes(),
    );
    let directory = arguments.out.join("searches").join(format!("{}-{}", settings.name, &key[..12]));
    let mut objective = MarketObjective {
        config,
        base: &base,
        loaded: &loaded,
        target: &target,
        holdout: settings.holdout,
        begins: None,
        shared: None,
        kept: arguments.out.join("cache/forecaster"),
        returns: directory.join("returns"),
    };
    // The values of the first trial show whether the space makes sense before anything is computed.
    let first = space::propose(&settings.space, settings.method, settings.startup, 0, settings.seed, &[])?;
    objective.file(&first).with_context(|| format!("[space] of {}", path.display()))?;
    // From here on something is written. The lock is held as long as the search lives.
    let _lock = lock(&directory)?;
    if arguments.restart && directory.exists() {
        durable::remove_directory(&directory)?;
    }
    interrupt::listen()?;
    let unchanged = objective.file(&space::Values::new())?;
    let dataset = Dataset::build(&unchanged.config, &loaded, Some(&objective.kept), &progress)?;
    let begins = dataset.seal.context("the holdout holds no usable row; search on more bars")?;
    objective.shared = Some(dataset);
    objective.begins = Some(begins);
    // Trials compare their rows with those of the configuration as a search sees it.
    let seen = objective.file(&space::Values::new())?;
    let objective = MarketObjective { base: &seen, ..objective };

    let about = json!({ "fingerprint": fingerprint, "model": target, "settings": settings });
    durable::write_file(&directory.join("about.json"), serde_json::to_string_pretty(&about)?.as_bytes())?;
    let (file, before) = TrialFile::open(&directory.join("trials.jsonl"))?;
    if !before.is_empty() {
        progress.say(&format!("going on with {} trials in {}", before.len(), directory.display()));
    }
    let told = |trial: &Trial, known: &[Trial]| progress.say(&in_one_line(trial, known));
    let trials = search(&settings, &objective, &file, before, &told).map_err(|error| {
        if error.is::<Interrupted>() || interrupt::requested() {
            Interrupted(format!(
                "stopped; what was tried is kept in {}, the same command goes on",
                directory.display()
            ))
            .into()
        } else {
            error
        }
    })?;
    if !trials.iter().any(|trial| trial.status == TrialStatus::Done) {
        let why = trials.iter().find_map(|trial| trial.failure.clone()).unwrap_or_default();
        bail!("no trial of {} was finished: {why}", trials.len());
    }
    let outcomes = Outcomes {
        settings: &settings,
        objective: &objective,
        original: &base,
        trials: &trials,
        directory: &directory,
        fingerprint: &fingerprint,
        begins,
        data: &arguments.data,
    };
    outcomes.write(&progress, arguments.json, out)
}

/// Nobody else may be at work on the same search.
fn lock(directory: &Path) -> Result<File> {
    let mut path = directory.as_os_str().to_owned();
    path.push(".lock");
    if let Some(parent) = directory.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("can't create {}", parent.display()))?;
    }
    let lock = File::create(&path).with_context(|| format!("can't write {}", Path::new(&path).display()))?;
    if lock.try_lock().is_err() {
        bail!(
            "another process is at work on the same search in {}; wait for it, or write elsewhere with --out",
            directory.display()
        );
    }
    Ok(lock)
}

fn in_one_line(trial: &Trial, known: &[Trial]) -> String {
    let best = known.iter().filter_map(Trial::loss).fold(f64::INFINITY, f64::min);
    let values: Vec<String> = trial.values.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let loss = trial.running_losses.last().copied().unwrap_or(f64::NAN);
    let how = match trial.status {
        TrialStatus::Done if loss < best => format!("log-loss {loss:.4}, the best so far"),
        TrialStatus::Done => format!("log-loss {loss:.4}"),
        TrialStatus::Pruned => format!("ended after {} folds at {loss:.4}", trial.running_losses.len()),
        TrialStatus::Failed => format!("FAILED: {}", trial.failure.as_deref().unwrap_or_default()),
    };
    format!("trial {}: {how} ({}, {:.1} s)", trial.number, values.join(", "), trial.seconds)
}
