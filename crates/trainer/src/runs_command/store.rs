//! Runs as they are on disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use tracking::{Entry, Status, entries, journals};

/// A run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct StoredRun {
    pub(super) name: String,
    /// `finished`, `failed`, `stopped`, or `not ended`: at work, or killed.
    pub(super) status: String,
    pub(super) bars: String,
    pub(super) label: String,
    pub(super) models: Vec<String>,
    /// Log-loss of each model that has one.
    pub(super) scores: BTreeMap<String, f64>,
    /// Its report, when it wrote one.
    pub(super) report: Option<String>,
    pub(super) fits: Vec<StoredFit>,
}

/// A fit of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct StoredFit {
    pub(super) name: String,
    pub(super) status: String,
    pub(super) epochs: usize,
    pub(super) seconds: Option<f64>,
    pub(super) test_log_loss: Option<f64>,
    pub(super) test_accuracy: Option<f64>,
    #[serde(skip)]
    began: i64,
}

/// Every run, by name, which begins with its time.
pub(super) fn stored(artifacts: &Path) -> Vec<StoredRun> {
    let mut runs: BTreeMap<String, StoredRun> = BTreeMap::new();
    for path in journals(artifacts) {
        // A journal that can't be read hides no other.
        if let Some(run) = entries(&path).ok().and_then(|told| of_journal(&told)) {
            runs.insert(run.name.clone(), run);
        }
    }
    for entry in fs::read_dir(artifacts.join("runs")).into_iter().flatten().flatten() {
        let Ok(bytes) = fs::read(entry.path().join("report.json")) else { continue };
        let Ok(report) = serde_json::from_slice::<Value>(&bytes) else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        let run = runs.entry(name.clone()).or_default();
        run.name = name;
        if run.status.is_empty() {
            "finished".clone_into(&mut run.status);
        }
        of_report(run, &report);
        run.report = Some(entry.path().join("report.html").display().to_string());
    }
    runs.into_values().collect()
}

fn of_report(run: &mut StoredRun, report: &Value) {
    let text = |pointer: &str| report.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    run.bars = format!("{} {}", text("/data/symbol"), text("/data/timeframe"));
    run.label = format!("{}, {} bars ahead", text("/label/kind"), report["label"]["horizon"]);
    let models = report["models"].as_array().into_iter().flatten();
    run.models.clear();
    for model in models {
        let name = model["name"].as_str().unwrap_or_default().to_owned();
        if let Some(loss) = model.pointer("/metrics/log_loss/mean").and_then(Value::as_f64) {
            run.scores.insert(name.clone(), loss);
        }
        run.models.push(name);
    }
}

/// The run that a journal tells of; none when it tells of aliases.
fn of_journal(told: &[Entry]) -> Option<StoredRun> {
    let mut run: Option<(String, StoredRun)> = None;
    let mut fits: BTreeMap<String, StoredFit> = BTreeMap::new();
    let mut order = Vec::new();
    for entry in told {
        match entry {
            Entry::Start { run: key, parent: None, name, .. } => {
                let stored =
                    StoredRun { name: name.clone(), status: "not ended".to_owned(), ..StoredRun::default() };
                run = Some((key.clone(), stored));
            }
            Entry::Start { run: key, name, at, .. } => {
                let fit = StoredFit {
                    name: name.clone(),
                    status: "not ended".to_owned(),
                    began: *at,
                    ..StoredFit::default()
                };
                fits.insert(key.clone(), fit);
                order.push(key.clone());
            }
            Entry::Params { params, .. } => {
                if let Some((_, run)) = &mut run {
                    let of = |key: &str| params.get(key).cloned().unwrap_or_default();
                    run.label = format!("{}, {} bars ahead", of("label.kind"), of("label.horizon"));
                    run.models = serde_json::from_str(&of("models")).unwrap_or_default();
                }
            }
            Entry::Dataset { dataset, .. } => {
                if let Some((_, run)) = &mut run {
                    run.bars.clone_from(&dataset.name);
                }
            }
            Entry::Metrics { run: key, metrics, .. } => {
                if let Some(fit) = fits.get_mut(key) {
                    for metric in metrics {
                        match metric.key.as_str() {
                            "training_loss" => fit.epochs += 1,
                            "test_log_loss" => fit.test_log_loss = Some(metric.value),
                            "test_accuracy" => fit.test_accuracy = Some(metric.value),
                            _ => {}
                        }
                    }
                }
            }
            Entry::End { run: key, status, at } => {
                let word = match status {
                    Status::Finished => "finished",
                    Status::Failed => "failed",
                    Status::Stopped => "stopped",
                };
                if let Some(fit) = fits.get_mut(key) {
                    word.clone_into(&mut fit.status);
                    fit.seconds = Some((at - fit.began) as f64 / 1000.0);
                } else if let Some((_, run)) = run.as_mut().filter(|(own, _)| own == key) {
                    word.clone_into(&mut run.status);
                }
            }
            Entry::Artifact { .. } | Entry::Model { .. } | Entry::Alias { .. } => {}
        }
    }
    let (_, mut run) = run?;
    run.fits = order.iter().filter_map(|key| fits.remove(key)).collect();
    Some(run)
}
