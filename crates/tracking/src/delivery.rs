//! From a journal to a server, from where the last attempt ended.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::entry::{Entry, Metric};
use crate::journal::{JournalError, entries};
use crate::mlflow::{Known, KnownRun, Mlflow, SentModel, ServerError, batches};

/// What became of a journal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// Lines that are on the server now.
    pub sent: usize,
    /// Lines that are not there yet.
    pub waiting: usize,
    /// What the server will never take, and why; kept beside the journal.
    pub refused: Vec<String>,
    /// Why it ended early.
    pub ended: Option<String>,
    /// It ended because the server did not answer, or not as it should.
    #[serde(skip)]
    pub server_is_away: bool,
}

/// How far a journal has come, beside it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Progress {
    /// Of which server.
    url: String,
    /// Lines that need not be tried again.
    done: usize,
    /// What is known of the server.
    known: Known,
    /// Runs that the server refused: nothing of theirs can be told it.
    refused_runs: BTreeSet<String>,
    refused: Vec<String>,
}

/// The journals of an artifacts directory, in order.
pub fn journals(artifacts: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(artifacts.join("tracking")).into_iter().flatten().flatten();
    let is_journal = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "jsonl");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_journal).collect();
    paths.sort();
    paths
}

/// Tells the server what is in a journal and not there yet. Files are below `artifacts`. Another process that is at it is
/// left to it.
///
/// # Errors
/// [`JournalError`] when the journal can't be read, or how far it has come can't be written.
pub fn deliver(path: &Path, artifacts: &Path, server: &Mlflow) -> Result<Delivered, JournalError> {
    let lock = File::create(path.with_extension("lock"))
        .map_err(|cause| JournalError::Lock { path: path.to_owned(), cause })?;
    if lock.try_lock().is_err() {
        let ended = Some("another process is sending it".to_owned());
        return Ok(Delivered { waiting: entries(path)?.len(), ended, ..Delivered::default() });
    }
    let place = progress_place(path, server);
    let mut progress = fs::read(&place)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Progress>(&bytes).ok())
        .filter(|progress| progress.url == server.url())
        .unwrap_or_else(|| Progress { url: server.url().to_owned(), ..Progress::default() });
    let all = entries(path)?;
    if progress.done > all.len() {
        // The journal lost lines that were told already; telling the others again changes nothing.
        progress.done = 0;
    }
    let mut delivered = Delivered::default();
    let mut begun_anew = false;
    while progress.done < all.len() {
        if is_superseded(&all, progress.done) {
            progress.done += 1;
            continue;
        }
        let (taken, outcome) = send(&all[progress.done..], artifacts, server, &mut progress);
        match outcome {
            Ok(()) => delivered.sent += taken,
            Err(ServerError::Refused(why)) if why.contains("RESOURCE_DOES_NOT_EXIST") && !begun_anew => {
                // The server lost what it had; it is told from the start.
                begun_anew = true;
                progress = Progress { url: server.url().to_owned(), ..Progress::default() };
                continue;
            }
            Err(ServerError::Refused(why)) => {
                let line = format!("line {}: {why}", progress.done + 1);
                progress.refused.push(line.clone());
                delivered.refused.push(line);
            }
            Err(ServerError::NotNow(why)) => {
                delivered.ended = Some(why);
                delivered.server_is_away = true;
                break;
            }
        }
        progress.done += taken;
        let text = serde_json::to_string_pretty(&progress).unwrap_or_default();
        durable::write_file(&place, text.as_bytes())?;
    }
    delivered.waiting = all.len() - progress.done;
    Ok(delivered)
}

/// Each server has its own.
fn progress_place(path: &Path, server: &Mlflow) -> PathBuf {
    let of = durable::sha256_hex(server.url().as_bytes());
    path.with_extension(format!("sent-{}.json", &of[..8]))
}

/// Whether a later line says where the alias is: the server is never moved through where it was.
fn is_superseded(all: &[Entry], place: usize) -> bool {
    let Entry::Alias { name, alias, .. } = &all[place] else { return false };
    all[place + 1..].iter().any(
        |later| matches!(later, Entry::Alias { name: other, alias: of, .. } if other == name && of == alias),
    )
}

/// Sends the first of some lines, and as many metrics behind it as fit; how many lines that was.
fn send(
    lines: &[Entry],
    artifacts: &Path,
    server: &Mlflow,
    progress: &mut Progress,
) -> (usize, Result<(), ServerError>) {
    if let Entry::Metrics { run, .. } = &lines[0] {
        let run = run.clone();
        let mut together: Vec<(i64, Metric)> = Vec::new();
        let mut taken = 0;
        for line in lines {
            match line {
                Entry::Metrics { run: own, at, metrics }
                    if *own == run && (taken == 0 || together.len() + metrics.len() <= 1000) =>
                {
                    together.extend(metrics.iter().map(|metric| (*at, metric.clone())));
                    taken += 1;
                }
                _ => break,
            }
        }
        let outcome = run_of(&run, progress)
            .and_then(|run| batches(&together).try_for_each(|batch| server.metrics(&run, batch)));
        return (taken, outcome);
    }
    (1, send_one(&lines[0], artifacts, server, progress))
}

fn send_one(
    entry: &Entry,
    artifacts: &Path,
    server: &Mlflow,
    progress: &mut Progress,
) -> Result<(), ServerError> {
    match entry {
        Entry::Start { run, parent, experiment, name, at, tags } => {
            let ids = (run.as_str(), parent.as_deref());
            let made = server.start(ids, (experiment, name), *at, tags, &mut progress.known);
            if matches!(made, Err(ServerError::Refused(_))) {
                progress.refused_runs.insert(run.clone());
            }
            made
        }
        Entry::Params { run, params } => server.params(&run_of(run, progress)?, params),
        Entry::Metrics { run, at, metrics } => {
            let metrics: Vec<_> = metrics.iter().map(|metric| (*at, metric.clone())).collect();
            server.metrics(&run_of(run, progress)?, &metrics)
        }
        Entry::Dataset { run, dataset } => server.dataset(&run_of(run, progress)?, dataset),
        Entry::Artifact { run, file, to } => {
            server.artifact(&run_of(run, progress)?, to, read(&artifacts.join(file))?)
        }
        Entry::Model { run, name, version, content_hash, directory } => {
            let directory = artifacts.join(directory);
            let files = files_of(&directory)?;
            let manifest = files.iter().find(|(name, _)| name == "manifest.json");
            if !manifest
                .is_some_and(|(_, text)| String::from_utf8_lossy(text).contains(content_hash.as_str()))
            {
                let place = directory.display();
                return Err(ServerError::Refused(format!(
                    "{place} holds another model now than {content_hash}"
                )));
            }
            let run = run_of(run, progress)?;
            server.model(&run, SentModel { name, version, content_hash, files })
        }
        Entry::Alias { name, content_hash, alias, .. } => server.alias(name, content_hash, alias),
        Entry::End { run, status, at } => server.end(&run_of(run, progress)?, *status, *at),
    }
}

fn run_of(run: &str, progress: &Progress) -> Result<KnownRun, ServerError> {
    progress.known.runs.get(run).cloned().ok_or_else(|| {
        let why = if progress.refused_runs.contains(run) { "was refused" } else { "never began" };
        ServerError::Refused(format!("its run {run} {why}"))
    })
}

fn read(path: &Path) -> Result<Vec<u8>, ServerError> {
    fs::read(path).map_err(|error| ServerError::Refused(format!("{} can't be read: {error}", path.display())))
}

/// The files of a bundle by their names in it.
fn files_of(directory: &Path) -> Result<Vec<(String, Vec<u8>)>, ServerError> {
    let refused = |error: std::io::Error| {
        ServerError::Refused(format!("{} can't be read: {error}", directory.display()))
    };
    let mut found = Vec::new();
    let mut open = vec![(String::new(), directory.to_owned())];
    while let Some((name, place)) = open.pop() {
        for entry in fs::read_dir(place).map_err(refused)? {
            let entry = entry.map_err(refused)?;
            let below = format!("{name}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                open.push((format!("{below}/"), entry.path()));
            } else {
                found.push((below, read(&entry.path())?));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}
