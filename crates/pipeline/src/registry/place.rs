//! What a user may name: a bundle, a model's newest version, a version, an alias.

use std::path::{Path, PathBuf};

use super::aliases::Alias;
use super::{Registry, RegistryError, versions_in};
use crate::bundle::MANIFEST_FILE;

/// Where names without a directory are looked up.
const DEFAULT_ROOT: &str = "artifacts/models";

/// The bundle directory that `given` means: a bundle itself; `NAME` or `NAME/VERSION` in `artifacts/models` or below a path;
/// with `@ALIAS` behind a name the version that the alias is at, without it the newest.
///
/// # Errors
/// [`RegistryError`] when there is no bundle, or the alias is at none.
pub fn resolve(given: &Path) -> Result<PathBuf, RegistryError> {
    let in_default = Path::new(DEFAULT_ROOT).join(given);
    let is_plain = given.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    let mut places = vec![given.to_owned()];
    if is_plain && !given.starts_with(DEFAULT_ROOT) {
        places.push(in_default);
    }
    for place in &places {
        if let Some(found) = at(place)? {
            return Ok(found);
        }
    }
    Err(RegistryError::NotFound(given.to_owned()))
}

fn at(place: &Path) -> Result<Option<PathBuf>, RegistryError> {
    if place.join(MANIFEST_FILE).exists() {
        return Ok(Some(place.to_owned()));
    }
    let last = place.file_name().map(|last| last.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some((name, alias)) = last.split_once('@') {
        let root = place.parent().unwrap_or(Path::new(""));
        if !root.join(name).is_dir() {
            return Ok(None);
        }
        let alias: Alias = alias.parse().map_err(RegistryError::NoAlias)?;
        let registry = Registry::new(root);
        let Some(version) = registry.aliases(name)?.get(alias) else {
            return Err(RegistryError::NoAlias(format!(
                "{name} has no {alias}; name one with trainer models promote {name}/VERSION"
            )));
        };
        return Ok(Some(registry.directory(name, version)));
    }
    Ok(versions_in(place).last().map(|newest| place.join(newest.to_string())))
}
