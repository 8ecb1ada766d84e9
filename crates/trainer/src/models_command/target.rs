//! NAME, NAME/VERSION and NAME@ALIAS below the artifacts.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use pipeline::{Alias, Registry, Version};

use super::Common;

/// A version of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) version: Version,
}

impl Common {
    /// The registry below the artifacts.
    pub(super) fn registry(&self) -> Registry {
        Registry::new(self.artifacts.join("models"))
    }
}

impl Target {
    /// What `text` means; a bare name its newest version.
    pub(super) fn find(registry: &Registry, text: &str) -> Result<Self> {
        Self::find_with(registry, text, None)
    }

    /// The same, a bare name being the version at `preferred` where there is one.
    pub(super) fn find_with(registry: &Registry, text: &str, preferred: Option<Alias>) -> Result<Self> {
        let (name, rest) = match text.split_once(['/', '@']) {
            Some((name, rest)) => (name, Some(rest)),
            None => (text, None),
        };
        let versions = registry.versions(name);
        let Some(newest) = versions.last().copied() else {
            let names = registry.names();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            bail!("{} holds no model {name}; there are: {known}", registry.root().display());
        };
        let version = match rest {
            None => preferred
                .map(|alias| Ok::<_, anyhow::Error>(registry.aliases(name)?.get(alias)))
                .transpose()?
                .flatten()
                .unwrap_or(newest),
            Some(alias) if text.contains('@') => {
                let alias: Alias = alias.parse().map_err(|why: String| anyhow!("{text}: {why}"))?;
                registry.aliases(name)?.get(alias).ok_or_else(|| {
                    anyhow!("{name} has no {alias}; name one with trainer models promote {name}/VERSION")
                })?
            }
            Some(version) => {
                let version: Version =
                    version.parse().map_err(|_| anyhow!("{version} is no version such as {newest}"))?;
                if !versions.contains(&version) {
                    let known: Vec<String> = versions.iter().map(ToString::to_string).collect();
                    bail!("{name} has no version {version}; there are: {}", known.join(", "));
                }
                version
            }
        };
        Ok(Self { name: name.to_owned(), version })
    }

    pub(super) fn directory(&self, registry: &Registry) -> PathBuf {
        registry.directory(&self.name, self.version)
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.name, self.version)
    }
}
