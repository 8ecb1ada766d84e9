//! `trainer track`: what journals hold, on a tracking server.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use pipeline::Manifest;
use serde_json::json;
use tracking::{Delivered, Entry, Journal, Mlflow, deliver, journals};

use crate::cli::Outcome;
use crate::config::TrackingConfig;
use crate::train::TRACKING_DIRECTORY;

/// The journal of aliases, which are told after all models.
const ALIASES: &str = "aliases.jsonl";

#[derive(Debug, Subcommand)]
pub(crate) enum TrackCommand {
    /// Send what is not on the tracking server yet; doing it again changes nothing
    #[command(after_help = HELP)]
    Sync(SyncArguments),
}

const HELP: &str = "Example:
  trainer track sync --uri http://127.0.0.1:5000

Exit codes: 0 everything is there, 1 something is not (it is kept, or the server will never take it), 2 failed.";

/// What `sync` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct SyncArguments {
    /// Address of the `MLflow` server; by default the variable `MLFLOW_TRACKING_URI`
    #[arg(long, value_name = "URL")]
    uri: Option<String>,
    /// Where tracking/ with the journals is
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    artifacts: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl TrackCommand {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Outcome> {
        let Self::Sync(arguments) = self;
        let Some(url) = arguments.uri.clone().or_else(|| TrackingConfig::default().server()) else {
            bail!("name the tracking server with --uri http://127.0.0.1:5000, or with MLFLOW_TRACKING_URI");
        };
        let delivered = sync(&arguments.artifacts, &Mlflow::new(&url)?);
        let waiting: usize = delivered.iter().map(|(_, one)| one.waiting).sum();
        let refused: usize = delivered.iter().map(|(_, one)| one.refused.len()).sum();
        if arguments.json {
            let rows: Vec<_> =
                delivered.iter().map(|(path, one)| json!({ "journal": path, "delivered": one })).collect();
            let said = json!({ "server": url, "journals": rows, "waiting": waiting, "refused": refused });
            writeln!(out, "{}", serde_json::to_string_pretty(&said)?)?;
        } else {
            for (path, one) in &delivered {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                let ended = one.ended.as_ref().map_or(String::new(), |why| format!(": {why}"));
                writeln!(out, "{name}: {} sent, {} waiting{ended}", one.sent, one.waiting)?;
                for refused in &one.refused {
                    writeln!(out, "  refused for good, {refused}")?;
                }
            }
            writeln!(
                out,
                "{} of {} journals are on {url}",
                delivered.iter().filter(|(_, one)| one.waiting == 0).count(),
                delivered.len()
            )?;
        }
        Ok(if waiting + refused == 0 { Outcome::Done } else { Outcome::No })
    }
}

/// Delivers every journal, that of the aliases last. A server that does not answer is not asked again; a journal that can't be
/// read hides no other.
fn sync(artifacts: &Path, server: &Mlflow) -> Vec<(PathBuf, Delivered)> {
    let (aliases, runs): (Vec<PathBuf>, Vec<PathBuf>) =
        journals(artifacts).into_iter().partition(|path| path.ends_with(ALIASES));
    let mut delivered: Vec<(PathBuf, Delivered)> = Vec::new();
    let mut is_away: Option<String> = None;
    for path in runs.into_iter().chain(aliases) {
        let waits = if path.ends_with(ALIASES) { waits_for_model(&path, &delivered) } else { None };
        let one = match is_away.clone().or(waits) {
            Some(why) => unsent(&path, why),
            None => {
                deliver(&path, artifacts, server).unwrap_or_else(|error| unsent(&path, error.to_string()))
            }
        };
        if one.server_is_away {
            is_away.clone_from(&one.ended);
        }
        delivered.push((path, one));
    }
    delivered
}

fn unsent(path: &Path, why: String) -> Delivered {
    let waiting = tracking::entries(path).map_or(1, |entries| entries.len());
    Delivered { waiting, ended: Some(why), ..Delivered::default() }
}

/// Why aliases can't be told yet: the model of one is in a journal that is not wholly delivered.
fn waits_for_model(aliases: &Path, delivered: &[(PathBuf, Delivered)]) -> Option<String> {
    let hashes = |path: &Path| -> Vec<String> {
        let entries = tracking::entries(path).unwrap_or_default().into_iter();
        entries
            .filter_map(|entry| match entry {
                Entry::Model { content_hash, .. } | Entry::Alias { content_hash, .. } => Some(content_hash),
                _ => None,
            })
            .collect()
    };
    let named = hashes(aliases);
    let waiting = delivered.iter().filter(|(_, one)| one.waiting > 0);
    let is_waiting = waiting.flat_map(|(path, _)| hashes(path)).any(|hash| named.contains(&hash));
    is_waiting.then(|| "waits until its models are there".to_owned())
}

/// Notes that a version has an alias now, and tells the server when there is one. The alias has moved, whatever becomes of
/// that; what does not arrive is said.
pub(crate) fn alias_moved(artifacts: &Path, manifest: &Manifest, alias: &str) -> Option<String> {
    let path = artifacts.join(TRACKING_DIRECTORY).join(ALIASES);
    let untold = |why: String| {
        Some(format!("the tracking server does not know it yet ({why}); trainer track sync tells it"))
    };
    let journal = match Journal::open(&path) {
        Ok(journal) => journal,
        Err(error) => return Some(format!("it is not tracked: {error}")),
    };
    journal.add(&Entry::Alias {
        name: manifest.facts.name.clone(),
        version: manifest.facts.version.clone(),
        content_hash: manifest.content_hash.clone(),
        alias: alias.to_owned(),
    });
    if let Some(fault) = journal.fault() {
        return Some(format!("it is not tracked: {fault}"));
    }
    let url = TrackingConfig::default().server()?;
    match Mlflow::new(&url) {
        Err(error) => untold(error.to_string()),
        Ok(server) => {
            let ended = sync(artifacts, &server).into_iter().find_map(|(_, one)| one.ended);
            ended.and_then(untold)
        }
    }
}
