//! `trainer retrain`: a challenger of the champion's configuration on newer bars.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use models::ModelKind;
use pipeline::{Alias, AliasMove, Bundle, Manifest, Registry};
use serde_json::{Value, json};

use crate::cli::{Outcome, TrainArguments};
use crate::models_command::{Gate, now};
use crate::reproduce::recorded_config;
use crate::track::alias_moved;
use crate::train;

/// What `trainer retrain --help` begins with.
pub(crate) const ABOUT: &str = "Train a challenger of a champion's configuration on newer bars

The champion's configuration and seed are used as they are; the new version becomes the challenger. What the champion says \
of bars behind all that it learnt from is kept beside the challenger's out-of-sample predictions, so that trainer models \
promote can set them against each other on rows that neither learnt from. This command promotes nothing: it says what \
promoting would say.";

/// What retraining takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct RetrainArguments {
    /// NAME of a model with a champion
    pub(crate) name: String,
    /// Bars to train on instead of the configuration's (repeatable)
    #[arg(long, value_name = "BARS")]
    pub(crate) data: Vec<PathBuf>,
    /// Bars of one of several symbols (repeat it for each)
    #[arg(long, value_name = "BARS", conflicts_with = "data")]
    pub(crate) pool: Vec<PathBuf>,
    /// Where models/ and runs/ are
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    pub(crate) artifacts: PathBuf,
    /// Directory of the config file that paths in the configuration are relative to
    #[arg(long, value_name = "DIR", default_value = "configs")]
    pub(crate) relative_to: PathBuf,
    /// Go on with a retraining that was stopped or killed
    #[arg(long)]
    pub(crate) resume: bool,
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

pub(crate) fn run(arguments: &RetrainArguments, out: &mut dyn Write) -> Result<Outcome> {
    let registry = Registry::new(arguments.artifacts.join("models"));
    let name = &arguments.name;
    let Some(version) = registry.aliases(name)?.get(Alias::Champion) else {
        bail!("{name} has no champion to train again; make one with trainer models promote {name}");
    };
    let champion = Bundle::load(&registry.directory(name, version))?;
    let mut file = recorded_config(&champion.manifest, &arguments.relative_to)?;
    if file.config.ensemble.is_none() {
        // Of a run with several models only this one.
        file.config.models.retain(|kind: &ModelKind| kind.name() == name);
    }
    let training = TrainArguments {
        config: None,
        data: arguments.data.clone(),
        pool: arguments.pool.clone(),
        out: arguments.artifacts.clone(),
        seed: None,
        features: Vec::new(),
        set: Vec::new(),
        keep_folds: false,
        open_seal: false,
        resume: arguments.resume,
        keep_best: false,
        checkpoint_every: 30.0,
        threads: arguments.threads,
        json: arguments.json,
        quiet: arguments.quiet,
    };
    let (written, outcome) = train::train(file, &training, command(arguments), Some(&champion))?;
    let Some(version) = written.bundles.iter().find_map(|bundle| {
        let manifest = Manifest::read(bundle).ok()?;
        (manifest.facts.name == *name).then_some(manifest)
    }) else {
        bail!("{name} failed and is no challenger: {}", written.text);
    };
    let number = version.facts.version.parse()?;
    let locked = registry.lock(name)?;
    let from = locked.aliases()?.get(Alias::Challenger);
    locked.move_aliases(vec![AliasMove {
        alias: Alias::Challenger,
        from,
        to: Some(number),
        at: now(),
        by: "retrain".to_owned(),
        forced: false,
        evidence: Value::Null,
    }])?;
    drop(locked);
    let note = alias_moved(&arguments.artifacts, &version, "challenger");
    let gate = Gate::between(&arguments.artifacts, &champion.manifest, &version, None);
    let advice = if gate.passed {
        format!("make it the champion with trainer models promote {name}")
    } else {
        "the champion stays".to_owned()
    };
    let advice = note.map_or(advice.clone(), |note| format!("{advice}; {note}"));
    if arguments.json {
        let said =
            json!({ "challenger": version.model_version(), "training": written.summary, "gate": gate });
        writeln!(out, "{}", serde_json::to_string_pretty(&said)?)?;
    } else {
        writeln!(
            out,
            "{}\n\n{} is the challenger now. {}; {advice}",
            written.text,
            version.model_version(),
            gate.sentence
        )?;
    }
    Ok(outcome)
}

/// The words that repeat it.
fn command(arguments: &RetrainArguments) -> Vec<String> {
    let mut words = vec!["trainer".to_owned(), "retrain".to_owned(), arguments.name.clone()];
    for (option, paths) in [("--data", &arguments.data), ("--pool", &arguments.pool)] {
        words.extend(paths.iter().flat_map(|path| [option.to_owned(), path.display().to_string()]));
    }
    words
}
