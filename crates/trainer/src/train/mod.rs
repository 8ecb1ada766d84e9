//! The main command: bars in, bundles and a report out.

mod champion;
mod git;
mod identity;
pub(crate) mod output;
pub(crate) mod tracked;
pub(crate) mod unfinished;
mod writing;

use std::io::Write;
use std::time::Duration;

use anyhow::{Result, bail};
use market::Seed;
use pipeline::Bundle;
use tracking::Status;

use crate::cli::{Outcome, TrainArguments};
use crate::config::{ConfigFile, with_features};
use crate::dataset::Dataset;
use crate::experiment::Experiment;
use crate::experiment::fold::Fitter;
use crate::experiment::sealed;
use crate::interrupt::{self, Interrupted};
use crate::progress::Progress;
use crate::report;
use crate::source;
use crate::train::champion::champion_csv;
use crate::train::identity::RunIdentity;
use crate::train::unfinished::{Keeping, Unfinished};
use crate::train::writing::{Writing, command};

pub(crate) use crate::train::identity::config_hash;
pub(crate) use crate::train::output::RunSummary;
pub(crate) use crate::train::tracked::DIRECTORY as TRACKING_DIRECTORY;
pub(crate) use crate::train::writing::Written;

/// Below the artifacts: what a forecaster made of windows.
const KEPT: &str = "cache/forecaster";

/// Runs the config and says what was written.
pub(crate) fn run(arguments: &TrainArguments, out: &mut dyn Write) -> Result<Outcome> {
    let Some(config) = &arguments.config else {
        bail!("name a config with --config, such as --config lstm.toml; see trainer --help");
    };
    let mut file = ConfigFile::load(config, &with_features(&arguments.set, &arguments.features))?;
    if let Some(seed) = arguments.seed {
        file.config.seed = Seed(seed);
    }
    let command = command(arguments, file.config.seed);
    let (written, outcome) = train(file, arguments, command, None)?;
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&written.summary)?)?;
    } else {
        writeln!(out, "{}", written.text)?;
    }
    Ok(outcome)
}

/// Trains, validates and writes. No bundle and no report is written before everything has been computed. `command` are
/// the words that repeat it; what `champion` says of rows behind its bars is written beside the predictions.
pub(crate) fn train(
    mut file: ConfigFile,
    arguments: &TrainArguments,
    command: Vec<String>,
    champion: Option<&Bundle>,
) -> Result<(Written, Outcome)> {
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
    interrupt::listen()?;
    let kept = arguments.out.join(KEPT);
    let dataset = Dataset::build(config, &loaded, Some(&kept), &progress)?;
    if let Some(champion) = champion {
        champion::check(champion, &dataset)?;
    }
    let run = RunIdentity::new(arguments, config, &dataset, &loaded, command)?;
    if arguments.open_seal {
        sealed::require_unopened(&run.artifacts, &run.summary)?;
    }
    let every = Duration::from_secs_f64(arguments.checkpoint_every);
    let keeping = Keeping { resume: arguments.resume, keep_best: arguments.keep_best, every };
    let unfinished = Unfinished::open(&arguments.out, &config.name, &run.key(), keeping, &progress)?;
    let tracked = run.track(&progress);
    let fitter = Fitter {
        config,
        dataset: &dataset,
        progress: &progress,
        unfinished: Some(&unfinished),
        kept_vectors: Some(&kept),
        tracked: tracked.as_ref(),
        after_fold: None,
    };
    let done = compute_and_write(&fitter, run, champion);
    if let Some(tracked) = tracked {
        match &done {
            Err(Failure::Computing(_)) if !tracked.has_fits() => tracked.forget(&progress),
            done => tracked.end(
                match done {
                    Ok(_) => Status::Finished,
                    Err(Failure::Computing(error)) if error.is::<Interrupted>() => Status::Stopped,
                    Err(_) => Status::Failed,
                },
                &progress,
            ),
        }
    }
    let done = match done {
        Ok(done) => done,
        Err(Failure::Computing(error)) => {
            let stopped = error.is::<Interrupted>();
            if let Some(how) = unfinished.how_to_go_on().filter(|_| stopped) {
                return Err(Interrupted(format!("{error}; {how}")).into());
            }
            // Nothing is kept, or it would fail again.
            unfinished.remove();
            return Err(error);
        }
        Err(Failure::Writing(error)) => {
            let Some(how) = unfinished.how_to_go_on() else {
                unfinished.remove();
                return Err(error);
            };
            bail!("{error:#}; {how}");
        }
    };
    unfinished.remove();
    Ok(done)
}

/// Where a run failed: computing fails again, writing may work once there is room.
enum Failure {
    Computing(anyhow::Error),
    Writing(anyhow::Error),
}

/// All the work; writing comes last.
fn compute_and_write(
    fitter: &Fitter<'_>,
    run: RunIdentity<'_>,
    champion: Option<&Bundle>,
) -> Result<(Written, Outcome), Failure> {
    let compute = || {
        let experiment = Experiment::run(fitter)?;
        let failed = experiment.models.iter().filter(|model| model.status == report::Status::Failed).count();
        if failed == experiment.models.len() {
            bail!("nothing was written: {}", experiment.models[0].verdict.trim_end_matches('.'));
        }
        let open = || sealed::open(fitter, &experiment);
        let opened = run.opens_seal().then(open).transpose()?;
        let outcome = if failed == 0 { Outcome::Done } else { Outcome::No };
        let champion =
            champion.map(|champion| champion_csv(champion, &experiment, fitter.dataset)).transpose()?;
        Ok((Writing::new(run, experiment, opened, champion, fitter.progress)?, outcome))
    };
    let (writing, outcome) = compute().map_err(Failure::Computing)?;
    Ok((writing.write(fitter.tracked).map_err(Failure::Writing)?, outcome))
}
