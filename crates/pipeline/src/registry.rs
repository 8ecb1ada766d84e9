//! Where bundles live on disk: `<root>/<name>/<version>/`.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::bundle::MANIFEST_FILE;

/// A semantic version, major.minor.patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub [u32; 3]);

impl Version {
    /// The first version of a name.
    pub const FIRST: Self = Self([0, 1, 0]);

    /// The version of the next training run: one minor step on.
    #[must_use]
    pub fn next(self) -> Self {
        Self([self.0[0], self.0[1] + 1, 0])
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0[0], self.0[1], self.0[2])
    }
}

impl FromStr for Version {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = [0; 3];
        let mut given = text.splitn(3, '.');
        for part in &mut parts {
            *part = given.next().unwrap_or("missing").parse()?;
        }
        Ok(Self(parts))
    }
}

/// The bundles under one directory.
#[derive(Debug, Clone)]
pub struct Registry {
    root: PathBuf,
}

impl Registry {
    /// The registry at `root`, usually `artifacts/models`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The versions of a name, oldest first.
    pub fn versions(&self, name: &str) -> Vec<Version> {
        versions_in(&self.root.join(name))
    }

    /// Name's next version and the directory it goes into.
    pub fn next(&self, name: &str) -> (Version, PathBuf) {
        let version = self.versions(name).last().map_or(Version::FIRST, |last| last.next());
        (version, self.root.join(name).join(version.to_string()))
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

/// The bundle directory that a path means: itself, or its newest version.
///
/// # Errors
/// [`RegistryError`] when there is no bundle.
pub(crate) fn resolve(path: &Path) -> Result<PathBuf, RegistryError> {
    if path.join(MANIFEST_FILE).exists() {
        return Ok(path.to_owned());
    }
    match versions_in(path).last() {
        Some(newest) => Ok(path.join(newest.to_string())),
        None => Err(RegistryError { path: path.to_owned() }),
    }
}

/// No bundle at a path.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} holds no model bundle (no {MANIFEST_FILE}, and no version with one); train one, or name artifacts/models/NAME or artifacts/models/NAME/VERSION",
    path.display()
)]
pub struct RegistryError {
    path: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_sort_by_number_and_need_a_manifest() {
        let root = tempfile::tempdir().unwrap();
        for version in ["0.9.0", "0.10.0", "0.2.0", "0.11.0", "notes"] {
            fs::create_dir_all(root.path().join("lstm").join(version)).unwrap();
            if version != "0.11.0" {
                fs::write(root.path().join("lstm").join(version).join(MANIFEST_FILE), "{}").unwrap();
            }
        }
        let registry = Registry::new(root.path());
        let versions: Vec<String> = registry.versions("lstm").iter().map(ToString::to_string).collect();
        assert_eq!(versions, ["0.2.0", "0.9.0", "0.10.0"]);
        assert_eq!(registry.next("lstm").0.to_string(), "0.11.0");
        assert_eq!(registry.next("other").0, Version::FIRST);
        assert!(resolve(&root.path().join("lstm")).unwrap().ends_with("0.10.0"));
        assert!(resolve(&root.path().join("other")).is_err());
    }
}
