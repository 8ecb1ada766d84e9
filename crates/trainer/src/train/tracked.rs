//! What a run tells its journal: itself, each fit with its epochs, scores, files, models.
//!
//! The journal is always written, below `OUT/tracking`; with an address of an `MLflow` server it is also delivered while the
//! run is at work.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::Utc;
use models::{EpochReport, FitNotes};
use pipeline::Manifest;
use serde_json::Value;
use tracking::{Dataset, Entry, Journal, Metric, Mlflow, Sender, Status};

use crate::compare::flattened;
use crate::progress::Progress;

/// Below the artifacts.
pub(crate) const DIRECTORY: &str = "tracking";

/// What is known of a run when it begins.
pub(crate) struct Beginning<'a> {
    pub(crate) run: &'a str,
    pub(crate) experiment: &'a str,
    pub(crate) config: &'a Value,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) dataset: Dataset,
}

/// A run that is told.
pub(crate) struct Tracked {
    journal: Arc<Journal>,
    sender: Option<Sender>,
    artifacts: PathBuf,
    /// Key of the run; those of its fits begin with it.
    run: String,
    experiment: String,
    /// Fits that have not ended.
    open: Mutex<BTreeSet<String>>,
}

impl Tracked {
    /// Begins to tell; `server` is where it is delivered to. What can't be told is said once, and costs the run nothing.
    pub(crate) fn begin(
        artifacts: &Path,
        beginning: Beginning<'_>,
        server: Option<&str>,
        progress: &Progress,
    ) -> Option<Self> {
        // Digits only behind the name: containers share process ids, not milliseconds.
        let run = format!("{}-{}{}", beginning.run, now(), std::process::id());
        let path = artifacts.join(DIRECTORY).join(format!("{run}.jsonl"));
        let journal = match Journal::open(&path) {
            Ok(journal) => Arc::new(journal),
            Err(error) => {
                progress.say(&format!("this run is not tracked: {error}"));
                return None;
            }
        };
        let sender = server.and_then(|url| match Mlflow::new(url) {
            Ok(server) => Some(Sender::start(Arc::clone(&journal), artifacts.to_owned(), server)),
            Err(error) => {
                progress.say(&format!("this run is not sent to a tracking server: {error}"));
                None
            }
        });
        let tracked = Self {
            journal,
            sender,
            artifacts: artifacts.to_owned(),
            run,
            experiment: beginning.experiment.to_owned(),
            open: Mutex::default(),
        };
        tracked.start(&tracked.run, None, beginning.run, beginning.tags);
        let params = flattened(beginning.config)
            .into_iter()
            .map(|(key, value)| (key, value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
        tracked.journal.add(&Entry::Params { run: tracked.run.clone(), params: params.collect() });
        tracked.journal.add(&Entry::Dataset { run: tracked.run.clone(), dataset: beginning.dataset });
        Some(tracked)
    }

    fn start(&self, run: &str, parent: Option<&str>, name: &str, tags: BTreeMap<String, String>) {
        self.journal.add(&Entry::Start {
            run: run.to_owned(),
            parent: parent.map(str::to_owned),
            experiment: self.experiment.clone(),
            name: name.to_owned(),
            at: now(),
            tags,
        });
    }

    fn open(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn child(&self, name: &str) -> String {
        format!("{}/{name}", self.run)
    }

    /// A fit begins.
    pub(crate) fn fit_begins(&self, name: &str) {
        self.open().insert(name.to_owned());
        self.start(&self.child(name), Some(&self.run), name, BTreeMap::new());
    }

    /// An epoch of a fit ended.
    pub(crate) fn epoch(&self, name: &str, report: &EpochReport) {
        let step = report.epoch as i64;
        let mut values = vec![
            ("training_loss", report.training_loss),
            ("learning_rate", report.learning_rate),
            ("steps", report.steps as f64),
        ];
        values.extend(report.validation_loss.map(|loss| ("validation_loss", loss)));
        values.extend(report.validation_accuracy.map(|accuracy| ("validation_accuracy", accuracy)));
        self.metrics(&self.child(name), &values, step);
    }

    /// A fit is done.
    pub(crate) fn fitted(&self, name: &str, notes: &FitNotes) {
        let mut values = Vec::new();
        values.extend(notes.rounds.map(|rounds| ("rounds", rounds as f64)));
        values.extend(notes.out_of_bag_accuracy.map(|accuracy| ("out_of_bag_accuracy", accuracy)));
        self.metrics(&self.child(name), &values, 0);
    }

    /// What a fit said of rows that it did not learn from.
    pub(crate) fn scored(&self, name: &str, log_loss: f64, accuracy: f64) {
        self.metrics(&self.child(name), &[("test_log_loss", log_loss), ("test_accuracy", accuracy)], 0);
    }

    /// A fit ended, with or without success.
    pub(crate) fn fit_ends(&self, name: &str, has_failed: bool) {
        let status = if has_failed { Status::Failed } else { Status::Finished };
        self.open().remove(name);
        self.journal.add(&Entry::End { run: self.child(name), status, at: now() });
    }

    /// Scores of the whole run.
    pub(crate) fn scores(&self, values: &[(String, f64)]) {
        let values: Vec<(&str, f64)> = values.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        self.metrics(&self.run, &values, 0);
    }

    /// A file below the run's directory.
    pub(crate) fn file(&self, directory: &Path, name: &str) {
        let file = directory.join(name);
        let file = file.strip_prefix(&self.artifacts).map_or_else(|_| file.clone(), Path::to_owned);
        self.journal.add(&Entry::Artifact { run: self.run.clone(), file, to: name.to_owned() });
    }

    /// A bundle that was published.
    pub(crate) fn model(&self, manifest: &Manifest) {
        let facts = &manifest.facts;
        self.journal.add(&Entry::Model {
            run: self.run.clone(),
            name: facts.name.clone(),
            version: facts.version.clone(),
            content_hash: manifest.content_hash.clone(),
            directory: Path::new("models").join(&facts.name).join(&facts.version),
        });
    }

    fn metrics(&self, run: &str, values: &[(&str, f64)], step: i64) {
        if values.is_empty() {
            return;
        }
        let metric = |(key, value): &(&str, f64)| Metric { key: (*key).to_owned(), value: *value, step };
        let metrics = values.iter().map(metric).collect();
        self.journal.add(&Entry::Metrics { run: run.to_owned(), at: now(), metrics });
    }

    /// The run is over. Says what did not arrive, and how it will.
    pub(crate) fn end(self, status: Status, progress: &Progress) {
        for name in std::mem::take(&mut *self.open()) {
            self.journal.add(&Entry::End { run: self.child(&name), status, at: now() });
        }
        self.journal.add(&Entry::End { run: self.run.clone(), status, at: now() });
        if let Some(fault) = self.journal.fault() {
            progress.say(&format!("this run is not wholly tracked: {fault}"));
        }
        let Some(sender) = self.sender else { return };
        let delivered = sender.finish();
        for refused in &delivered.refused {
            progress.say(&format!("the tracking server refused {refused}"));
        }
        if let Some(why) = &delivered.ended {
            progress.say(&format!(
                "not everything is on the tracking server yet ({why}); trainer track sync sends the rest"
            ));
        }
    }

    /// A run that was refused before anything was fitted leaves no trace, unless a server heard of it.
    pub(crate) fn forget(self, progress: &Progress) {
        if self.sender.is_some() {
            self.end(Status::Failed, progress);
            return;
        }
        self.journal.close();
        let _ = std::fs::remove_file(self.journal.path());
        // Only when nothing else is in them.
        let _ = std::fs::remove_dir(self.artifacts.join(DIRECTORY));
        let _ = std::fs::remove_dir(&self.artifacts);
    }

    /// Whether any fit was begun.
    pub(crate) fn has_fits(&self) -> bool {
        tracking::entries(self.journal.path()).is_ok_and(|entries| {
            entries.iter().any(|entry| matches!(entry, Entry::Start { parent: Some(_), .. }))
        })
    }
}

fn now() -> i64 {
    Utc::now().timestamp_millis()
}
