//! The loop: propose a batch, try it, keep it, learn.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;

use anyhow::{Context, Result};
use durable::LineFile;
use rayon::prelude::*;

use super::settings::SearchSettings;
use super::space::{Seen, Values, propose};
use super::trial::{Trial, TrialStatus, learnt, median_after};

/// Finished trials before any is pruned.
const BEFORE_PRUNING: usize = 5;

/// What a trial is tried on.
pub(crate) trait Objective: Sync {
    /// Whether several trials may run at once.
    fn side_by_side(&self) -> bool;

    /// Tries some values; `goes_on` is told the running loss after each fold, and ends the trial by answering false.
    ///
    /// # Errors
    /// When the search has to end: it was interrupted, or the disk is full. A fit that fails is a failed trial.
    fn attempt(
        &self,
        number: usize,
        values: &Values,
        goes_on: &(dyn Fn(usize, f64) -> bool + Sync),
    ) -> Result<Trial>;
}

/// The trials of a search on disk, one line each.
pub(crate) struct TrialFile {
    file: Mutex<LineFile>,
}

impl TrialFile {
    /// Opens the file and reads what is in it; a line that was cut off by a kill is none.
    ///
    /// # Errors
    /// When it can't be read or written, or a whole line can't be understood.
    pub(crate) fn open(path: &Path) -> Result<(Self, BTreeMap<usize, Trial>)> {
        let (file, lines) = LineFile::open(path)?;
        let mut trials = BTreeMap::new();
        for (line, json) in lines.iter().enumerate() {
            let trial: Trial = serde_json::from_slice(json).with_context(|| {
                format!("{}:{} is no trial; remove the line, and it is tried again", path.display(), line + 1)
            })?;
            trials.insert(trial.number, trial);
        }
        Ok((Self { file: Mutex::new(file) }, trials))
    }

    fn keep(&self, trial: &Trial) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.add(&serde_json::to_string(trial)?)?;
        Ok(file.sync()?)
    }
}

/// Runs the search from where it is to its end; `told` hears of every trial that is done now.
///
/// # Errors
/// As [`Objective::attempt`], or when a trial can't be kept.
pub(crate) fn search(
    settings: &SearchSettings,
    objective: &dyn Objective,
    file: &TrialFile,
    mut trials: BTreeMap<usize, Trial>,
    told: &(dyn Fn(&Trial, &[Trial]) + Sync),
) -> Result<Vec<Trial>> {
    let mut known: Vec<Trial> = Vec::new();
    while known.len() < settings.trials && !is_out_of_time(settings, &known) {
        let before: Vec<&Trial> = known.iter().collect();
        let losses = learnt(&before);
        let seen: Vec<Seen<'_>> =
            before.iter().zip(&losses).map(|(trial, loss)| (&trial.values, *loss)).collect();
        let numbers = known.len()..(known.len() + settings.batch).min(settings.trials);
        let proposed: Vec<(usize, Values)> = numbers
            .map(|number| {
                let values =
                    propose(&settings.space, settings.method, settings.startup, number, settings.seed, &seen);
                Ok((number, values?))
            })
            .collect::<Result<_>>()?;
        let goes_on = |folds: usize, loss: f64| {
            let done = before.iter().filter(|trial| trial.status == TrialStatus::Done).count();
            !settings.prune
                || done < BEFORE_PRUNING
                || median_after(&before, folds).is_none_or(|median| loss <= median)
        };
        let fresh: Vec<(usize, Values)> =
            proposed.iter().filter(|(number, _)| !trials.contains_key(number)).cloned().collect();
        let attempt = |(number, values): &(usize, Values)| {
            let trial = objective.attempt(*number, values, &goes_on)?;
            file.keep(&trial)?;
            told(&trial, &known);
            Ok(trial)
        };
        let tried: Vec<Result<Trial>> = if objective.side_by_side() {
            fresh.par_iter().map(attempt).collect()
        } else {
            fresh.iter().map(attempt).collect()
        };
        for trial in tried {
            let trial = trial?;
            trials.insert(trial.number, trial);
        }
        known.extend(proposed.iter().filter_map(|(number, _)| trials.remove(number)));
    }
    Ok(known)
}

fn is_out_of_time(settings: &SearchSettings, trials: &[Trial]) -> bool {
    let seconds: f64 = trials.iter().map(|trial| trial.seconds).sum();
    settings.minutes.is_some_and(|minutes| seconds / settings.batch as f64 >= 60.0 * minutes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use anyhow::bail;
    use market::Seed;

    use super::*;
    use crate::search::space::{Dimension, Method};

    /// A bowl over three folds, which is interrupted at some attempt.
    struct Bowl {
        attempts: AtomicUsize,
        stops_at: usize,
    }

    impl Objective for Bowl {
        fn side_by_side(&self) -> bool {
            true
        }

        fn attempt(
            &self,
            number: usize,
            values: &Values,
            goes_on: &(dyn Fn(usize, f64) -> bool + Sync),
        ) -> Result<Trial> {
            if self.attempts.fetch_add(1, Ordering::SeqCst) >= self.stops_at {
                bail!("killed");
            }
            let x: f64 = values["x"].parse()?;
            let mut trial = Trial {
                number,
                values: values.clone(),
                status: TrialStatus::Done,
                failure: None,
                running_losses: Vec::new(),
                accuracy: None,
                sharpe_ratio: None,
                config_hash: String::new(),
                seconds: 0.0,
            };
            if x > 0.95 {
                trial.status = TrialStatus::Failed;
                return Ok(trial);
            }
            for fold in 0..3 {
                trial.running_losses.push((x - 0.3).powi(2) + 0.01 * fold as f64);
                if fold < 2 && !goes_on(fold + 1, trial.running_losses[fold]) {
                    trial.status = TrialStatus::Pruned;
                    break;
                }
            }
            Ok(trial)
        }
    }

    fn settings() -> SearchSettings {
        let numbers = Dimension::Numbers { low: 0.0, high: 1.0, log: false, integer: false };
        SearchSettings {
            name: "bowl".to_owned(),
            config: "none.toml".into(),
            model: None,
            method: Method::Tpe,
            trials: 40,
            minutes: None,
            batch: 3,
            startup: 8,
            prune: true,
            holdout: 0.3,
            seed: Seed(5),
            space: [("x".to_owned(), numbers)].into(),
        }
    }

    fn run(path: &Path, stops_at: usize) -> Result<Vec<Trial>> {
        let (file, trials) = TrialFile::open(path)?;
        search(&settings(), &Bowl { attempts: AtomicUsize::new(0), stops_at }, &file, trials, &|_, _| ())
    }

    #[test]
    fn a_search_that_is_killed_twice_ends_as_one_that_was_not() {
        let directory = tempfile::tempdir().unwrap();
        let whole = run(&directory.path().join("whole.jsonl"), usize::MAX).unwrap();
        let path = directory.path().join("killed.jsonl");
        assert!(run(&path, 7).is_err());
        // The second kill cuts a line in two.
        assert!(run(&path, 14).is_err());
        let mut text = fs::read_to_string(&path).unwrap();
        text.truncate(text.len() - 9);
        fs::write(&path, text).unwrap();
        assert_eq!(run(&path, usize::MAX).unwrap(), whole);
        let statuses = |status| whole.iter().filter(|trial| trial.status == status).count();
        assert!(statuses(TrialStatus::Pruned) > 0 && statuses(TrialStatus::Done) > 5, "{whole:?}");
        let best = whole.iter().filter_map(Trial::loss).fold(f64::INFINITY, f64::min);
        assert!(best < 0.0205, "{best}");
    }
}
