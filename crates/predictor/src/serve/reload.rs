//! Another champion while serving.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use monitoring::Severity;
use pipeline::{Manifest, resolve};

use crate::live::engine::{Engine, lock};
use crate::live::model::LiveModel;

/// Looks again and again at what a name means, and swaps when it means something else. What can't be loaded or does not answer
/// changes nothing: the old model goes on, and says so.
pub(crate) async fn watch(engine: Engine, name: PathBuf, every: Duration) {
    let (mut refused, mut refused_challenger) = (None, None);
    loop {
        tokio::time::sleep(every).await;
        champion(&engine, &name, &mut refused).await;
        challenger(&engine, &name, &mut refused_challenger).await;
    }
}

/// What was found last and could not be used, and when: it is tried again when it changes, and after a while, since it may still
/// have been on its way to the disk.
type Refused = Option<(PathBuf, String, Instant)>;

/// Between two attempts to load the same.
const AGAIN: Duration = Duration::from_secs(30);

fn is_refused(refused: &Refused, (directory, hash): &(PathBuf, String)) -> bool {
    refused.as_ref().is_some_and(|(known, known_hash, at)| {
        known == directory && known_hash == hash && at.elapsed() < AGAIN
    })
}

/// Loads a bundle that may take the place of `current`.
async fn loaded(directory: PathBuf, current: &LiveModel) -> Result<LiveModel> {
    let loaded = tokio::task::spawn_blocking(move || LiveModel::load(&directory)).await;
    let model = loaded.map_err(|_| anyhow::anyhow!("it failed while it was loaded (a panic)"))??;
    match model.refuses_bars_of(current) {
        Some(why) => Err(anyhow::anyhow!("{why}")),
        None => Ok(model),
    }
}

async fn champion(engine: &Engine, name: &Path, refused: &mut Refused) {
    let shared = &engine.shared;
    let current = shared.model();
    let found = found(name);
    let outcome = match &found {
        Ok((directory, hash)) if *directory == current.path && *hash == current.manifest.manifest_hash => {
            Ok(None)
        }
        Ok(place) if is_refused(refused, place) => return,
        Ok((directory, _)) => loaded(directory.clone(), &current).await.map(Some),
        Err(error) => Err(anyhow::anyhow!("{error:#}")),
    };
    match outcome {
        Ok(None) => {
            *refused = None;
            tell(engine, None);
        }
        Ok(Some(model)) => {
            *refused = None;
            tell(engine, None);
            tracing::info!(from = current.version, to = model.version, "another champion");
            let model = Arc::new(model);
            engine.replace_model(Arc::clone(&model)).await;
            let about = crate::serve::status::model_value(&model, *lock(&shared.loaded_at), None);
            shared.events.tell("model", None, &about);
        }
        Err(error) => {
            *refused = found.ok().map(|(directory, hash)| (directory, hash, Instant::now()));
            tell(engine, Some(format!("{error:#}; {} goes on", current.version)));
        }
    }
}

/// Keeps why nothing new could be loaded, for readers, and tells of it.
fn tell(engine: &Engine, why: Option<String>) {
    let shared = &engine.shared;
    lock(&shared.reload_error).clone_from(&why);
    shared.check("reload", None, why.map(|why| (Severity::High, why)));
}

/// The directory that a name means now, and the hash of the manifest there.
fn found(name: &Path) -> Result<(PathBuf, String)> {
    let directory = resolve(name)?;
    let manifest = Manifest::read(&directory)?;
    Ok((directory, manifest.manifest_hash))
}

/// Of NAME@champion, NAME@challenger is shadowed where there is one.
async fn challenger(engine: &Engine, name: &Path, refused: &mut Refused) {
    let Some(text) = name.to_str().and_then(|text| text.strip_suffix("@champion")) else { return };
    let current = engine.shared.challenger();
    let found = found(Path::new(&format!("{text}@challenger"))).ok();
    match (found, current) {
        (None, None) => {}
        (None, Some(_)) => engine.replace_challenger(None).await,
        (Some((directory, hash)), current) => {
            if current
                .is_some_and(|current| current.path == directory && current.manifest.manifest_hash == hash)
            {
                return;
            }
            if is_refused(refused, &(directory.clone(), hash.clone())) {
                return;
            }
            match loaded(directory.clone(), &engine.shared.model()).await {
                Ok(model) => {
                    tracing::info!(version = model.version, "shadowed as challenger");
                    engine.replace_challenger(Some(Arc::new(model))).await;
                }
                Err(error) => {
                    tracing::warn!("the challenger can't be loaded: {error:#}");
                    *refused = Some((directory, hash, Instant::now()));
                }
            }
        }
    }
}
