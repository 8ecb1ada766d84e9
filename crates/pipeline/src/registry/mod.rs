//! Where bundles live on disk: `<root>/<name>/<version>/`, and beside the versions `aliases.json`.
//!
//! Whoever changes a name's aliases or takes versions away holds its lock, from reading to writing; readers need none, since
//! the file is replaced in one rename.

mod aliases;
mod place;
mod version;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use durable::StorageError;

pub use aliases::{Alias, AliasMove, Aliases, ROLLBACK};
pub use place::resolve;
pub use version::Version;

use crate::bundle::MANIFEST_FILE;

/// Name of the document beside the versions.
const ALIASES_FILE: &str = "aliases.json";

/// The bundles under one directory.
#[derive(Debug, Clone)]
pub struct Registry {
    root: PathBuf,
}

/// One name of a registry, locked against other processes until it is dropped.
#[derive(Debug)]
pub struct LockedName<'r> {
    registry: &'r Registry,
    name: String,
    _lock: File,
}

impl Registry {
    /// The registry at `root`, usually `artifacts/models`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Names that have a version, in order.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| !self.versions(name).is_empty()).collect();
        names.sort_unstable();
        names
    }

    /// The versions of a name, oldest first.
    pub fn versions(&self, name: &str) -> Vec<Version> {
        versions_in(&self.root.join(name))
    }

    /// Where a version is.
    pub fn directory(&self, name: &str, version: Version) -> PathBuf {
        self.root.join(name).join(version.to_string())
    }

    /// Name's next version and the directory it goes into. The number of one that ever had an alias is not given again.
    pub fn next(&self, name: &str) -> (Version, PathBuf) {
        let history = self.aliases(name).map(|aliases| aliases.history).unwrap_or_default();
        let named = history.into_iter().flat_map(|one| [one.from, one.to]).flatten();
        let last = self.versions(name).into_iter().chain(named).max();
        let version = last.map_or(Version::FIRST, Version::next);
        (version, self.directory(name, version))
    }

    /// The aliases of a name; none when none was ever given.
    ///
    /// # Errors
    /// [`RegistryError::Aliases`] when the document is damaged or of another format.
    pub fn aliases(&self, name: &str) -> Result<Aliases, RegistryError> {
        let path = self.root.join(name).join(ALIASES_FILE);
        let damaged = |reason: String| RegistryError::Aliases { path: path.clone(), reason };
        match fs::read_to_string(&path) {
            Ok(text) => Aliases::read(&text).map_err(damaged),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Aliases::none()),
            Err(error) => Err(damaged(error.to_string())),
        }
    }

    /// Waits until no other process changes a name, and keeps them from it.
    ///
    /// # Errors
    /// When the name has no version, or its directory can't be written.
    pub fn lock(&self, name: &str) -> Result<LockedName<'_>, RegistryError> {
        let directory = self.root.join(name);
        if self.versions(name).is_empty() {
            return Err(RegistryError::NotFound(directory));
        }
        let path = directory.join(".lock");
        let refused = |cause: std::io::Error| RegistryError::Lock { path: path.clone(), cause };
        let lock = File::create(&path).map_err(refused)?;
        lock.lock().map_err(refused)?;
        Ok(LockedName { registry: self, name: name.to_owned(), _lock: lock })
    }
}

impl LockedName<'_> {
    /// The aliases as nobody else can change them now.
    ///
    /// # Errors
    /// As [`Registry::aliases`].
    pub fn aliases(&self) -> Result<Aliases, RegistryError> {
        self.registry.aliases(&self.name)
    }

    /// Moves aliases, all in one rename. Whoever calls it has made sure that the versions can be used.
    ///
    /// # Errors
    /// When a version is not there, the document is damaged, or it can't be written; nothing is changed then.
    pub fn move_aliases(&self, moves: Vec<AliasMove>) -> Result<Aliases, RegistryError> {
        let mut aliases = self.aliases()?;
        for one in moves {
            let directory = one.to.map(|version| self.registry.directory(&self.name, version));
            if let Some(directory) = directory.filter(|directory| !directory.join(MANIFEST_FILE).exists()) {
                return Err(RegistryError::NotFound(directory));
            }
            aliases.apply(one);
        }
        let path = self.registry.root.join(&self.name).join(ALIASES_FILE);
        let text = aliases
            .text()
            .map_err(|error| RegistryError::Aliases { path: path.clone(), reason: error.to_string() })?;
        durable::write_file(&path, text.as_bytes())?;
        Ok(aliases)
    }

    /// Takes a version away: its directory gets a name that nobody looks for, then it is removed.
    ///
    /// # Errors
    /// When an alias is at it, or it can't be removed.
    pub fn remove(&self, version: Version) -> Result<(), RegistryError> {
        if let Some(alias) = self.aliases()?.of(version).first() {
            return Err(RegistryError::NoAlias(format!("{}/{version} is the {alias} and stays", self.name)));
        }
        Ok(durable::remove_directory(&self.registry.directory(&self.name, version))?)
    }
}

fn versions_in(directory: &Path) -> Vec<Version> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut versions: Vec<Version> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|version: &Version| directory.join(version.to_string()).join(MANIFEST_FILE).exists())
        .collect();
    versions.sort_unstable();
    versions
}

/// What is wrong with a registry, or with what was looked for in it.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No bundle at a path.
    #[error(
        "{} holds no model bundle (no {MANIFEST_FILE}, and no version with one); train one, or name artifacts/models/NAME, artifacts/models/NAME/VERSION or NAME@champion",
        .0.display()
    )]
    NotFound(PathBuf),
    /// An alias that is at no version, or is none, or holds a version.
    #[error("{0}")]
    NoAlias(String),
    /// The document of the aliases.
    #[error("{} can't be used ({reason}); restore it from a backup, or remove it and promote a version again", path.display())]
    Aliases {
        /// Document.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The lock of a name.
    #[error("can't lock {}: {cause}", path.display())]
    Lock {
        /// Lock file.
        path: PathBuf,
        /// Cause.
        cause: std::io::Error,
    },
    /// The disk refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn with_versions(versions: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for version in versions {
            fs::create_dir_all(root.path().join("lstm").join(version)).unwrap();
            fs::write(root.path().join("lstm").join(version).join(MANIFEST_FILE), "{}").unwrap();
        }
        root
    }

    fn to(version: Option<&str>) -> AliasMove {
        AliasMove {
            alias: Alias::Champion,
            from: None,
            to: version.map(|version| version.parse().unwrap()),
            at: "2026-01-01T00:00:00Z".to_owned(),
            by: "promote".to_owned(),
            forced: false,
            evidence: Value::Null,
        }
    }

    #[test]
    fn versions_sort_by_number_and_need_a_manifest() {
        let root = with_versions(&["0.9.0", "0.10.0", "0.2.0"]);
        fs::create_dir_all(root.path().join("lstm/0.11.0")).unwrap();
        fs::create_dir_all(root.path().join("lstm/notes")).unwrap();
        let registry = Registry::new(root.path());
        let versions: Vec<String> = registry.versions("lstm").iter().map(ToString::to_string).collect();
        assert_eq!(versions, ["0.2.0", "0.9.0", "0.10.0"]);
        assert_eq!(registry.next("lstm").0.to_string(), "0.11.0");
        assert_eq!(registry.next("other").0, Version::FIRST);
        assert_eq!(registry.names(), ["lstm"]);
        assert!(resolve(&root.path().join("lstm")).unwrap().ends_with("0.10.0"));
        assert!(resolve(&root.path().join("other")).is_err());
    }

    #[test]
    fn an_alias_leads_to_its_version_and_its_moves_are_kept() {
        let root = with_versions(&["0.1.0", "0.2.0", "0.3.0"]);
        let registry = Registry::new(root.path());
        let champion = root.path().join("lstm@champion");
        assert!(resolve(&champion).unwrap_err().to_string().contains("has no champion"));
        assert!(resolve(&root.path().join("lstm@best")).unwrap_err().to_string().contains("no alias"));
        {
            let locked = registry.lock("lstm").unwrap();
            locked.move_aliases(vec![to(Some("0.2.0"))]).unwrap();
            let first = locked.aliases().unwrap().get(Alias::Champion);
            locked.move_aliases(vec![AliasMove { from: first, ..to(Some("0.3.0")) }]).unwrap();
            assert!(locked.move_aliases(vec![to(Some("0.4.0"))]).is_err());
            assert!(locked.remove("0.3.0".parse().unwrap()).is_err());
            locked.remove("0.1.0".parse().unwrap()).unwrap();
        }
        assert!(resolve(&champion).unwrap().ends_with("0.3.0"));
        let aliases = registry.aliases("lstm").unwrap();
        assert_eq!(aliases.history.len(), 2);
        assert_eq!(aliases.champion_before(), Some("0.2.0".parse().unwrap()));
        assert_eq!(registry.versions("lstm").len(), 2);
    }

    #[test]
    fn a_damaged_document_is_refused_by_every_flipped_byte() {
        let root = with_versions(&["0.1.0"]);
        let registry = Registry::new(root.path());
        registry.lock("lstm").unwrap().move_aliases(vec![to(Some("0.1.0"))]).unwrap();
        let path = root.path().join("lstm").join(ALIASES_FILE);
        let whole = fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            fs::write(&path, damaged).unwrap();
            let said = resolve(&root.path().join("lstm@champion")).unwrap_err().to_string();
            assert!(said.contains("aliases.json can't be used"), "byte {place}: {said}");
        }
    }
}
