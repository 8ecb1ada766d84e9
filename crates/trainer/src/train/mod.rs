//! The main command: bars in, bundles and a report out.

mod git;
pub(crate) mod output;
mod writing;

use std::io::Write;

use anyhow::{Result, bail};
use market::Seed;

use crate::cli::{Outcome, TrainArguments};
use crate::config::{ConfigFile, with_features};
use crate::dataset::Dataset;
use crate::experiment::Experiment;
use crate::experiment::sealed;
use crate::progress::Progress;
use crate::report::Status;
use crate::source;
use crate::train::writing::{RunIdentity, Writing};

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

    if arguments.open_seal && file.config.validation.sealed.is_none() {
        bail!(sealed::NOTHING_SEALED);
    }
    let loaded = source::load_all(&file, &arguments.data, &arguments.pool)?;
    if !(arguments.data.is_empty() && arguments.pool.is_empty()) {
        // The config's own bars were not read.
        file.config.data.path = None;
        file.config.data.pool = Vec::new();
    }
    let config = &file.config;
    for bars in &loaded {
        progress.say(&bars.quality.to_string());
    }
    let dataset = Dataset::build(config, &loaded, &progress)?;
    let run = RunIdentity::new(arguments, config, &dataset, &loaded)?;
    if arguments.open_seal {
        sealed::require_unopened(&run.artifacts, &run.summary)?;
    }
    let experiment = Experiment::run(config, &dataset, &progress)?;

    let failed = experiment.models.iter().filter(|model| model.status == Status::Failed).count();
    if failed == experiment.models.len() {
        bail!("nothing was written: {}", experiment.models[0].verdict.trim_end_matches('.'));
    }

    let open = || sealed::open(config, &dataset, &experiment, &progress);
    let opened = arguments.open_seal.then(open).transpose()?;
    let written = Writing::new(run, experiment, opened, &progress)?.write()?;
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&written.summary)?)?;
    } else {
        writeln!(out, "{}", written.text)?;
    }
    Ok(if failed == 0 { Outcome::Done } else { Outcome::No })
}
