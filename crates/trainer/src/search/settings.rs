//! The file of a search.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use market::Seed;
use serde::{Deserialize, Serialize};

use super::space::{Method, Space};
use crate::config::{ConfigFile, at_line};

/// What a search can be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchSettings {
    /// Name of the search, part of its directory.
    pub(crate) name: String,
    /// The configuration that is searched around, relative to this file.
    pub(crate) config: PathBuf,
    /// Model whose log-loss counts; by default the ensemble, or the only one.
    #[serde(default)]
    pub(crate) model: Option<String>,
    /// How values are found.
    #[serde(default)]
    pub(crate) method: Method,
    /// Trials at most.
    #[serde(default = "thirty")]
    pub(crate) trials: usize,
    /// No trial begins after so many minutes; the trials that a search has done in all its turns count.
    #[serde(default)]
    pub(crate) minutes: Option<f64>,
    /// Trials that are proposed together, before any of them is known, and run side by side.
    #[serde(default = "two")]
    pub(crate) batch: usize,
    /// Trials at random before any learning.
    #[serde(default = "ten")]
    pub(crate) startup: usize,
    /// End a trial that is worse than half of the finished ones after as many folds.
    #[serde(default = "yes")]
    pub(crate) prune: bool,
    /// Last share of the bars, which no trial sees; the best values are scored there once, beside the configuration as it is.
    #[serde(default = "third")]
    pub(crate) holdout: f64,
    /// Seed.
    #[serde(default = "seven")]
    pub(crate) seed: Seed,
    /// What is searched, by key of the configuration.
    pub(crate) space: Space,
}

fn thirty() -> usize {
    30
}
fn ten() -> usize {
    10
}
fn two() -> usize {
    2
}
fn yes() -> bool {
    true
}
fn third() -> f64 {
    0.3
}
fn seven() -> Seed {
    Seed(7)
}

impl SearchSettings {
    /// Reads the file at `given`, or of that name in `configs/`; and where it was.
    ///
    /// # Errors
    /// The line and what is wrong on it.
    pub(crate) fn read(given: &Path) -> Result<(Self, PathBuf)> {
        let path = if given.is_file() { given.to_owned() } else { Path::new("configs").join(given) };
        let text = fs::read_to_string(&path)
            .with_context(|| format!("there is no search {}, nor {}", given.display(), path.display()))?;
        let settings: Self = toml::from_str(&text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            at_line(&path, &text, start, error.message())
        })?;
        let fault = |key: &str, why: String| {
            let start = text.lines().take_while(|line| !line.contains(key)).map(|line| line.len() + 1).sum();
            Err(at_line(&path, &text, start, &format!("{key}: {why}")).into())
        };
        for (key, count, least, most) in [
            ("trials", settings.trials, 1, 100_000),
            ("batch", settings.batch, 1, 1_000),
            ("startup", settings.startup, 1, 100_000),
        ] {
            if !(least..=most).contains(&count) {
                return fault(key, format!("{count} is not between {least} and {most}"));
            }
        }
        if !(settings.holdout >= 0.05 && settings.holdout <= 0.9) {
            return fault("holdout", format!("{} is not between 0.05 and 0.9", settings.holdout));
        }
        if settings.minutes.is_some_and(|minutes| minutes.is_nan() || minutes <= 0.0) {
            return fault("minutes", "it must be above 0".to_owned());
        }
        if settings.space.is_empty() {
            bail!(
                "{}: [space] is empty; name a key of the configuration and where its value may lie",
                path.display()
            );
        }
        for (key, dimension) in &settings.space {
            let section = key.split('.').next().unwrap_or_default();
            if ["label", "data", "validation", "economics", "report", "tracking", "name", "models", "seed"]
                .contains(&section)
            {
                let why = "trials with other values of it answer another question, and can't be compared"
                    .to_owned();
                return fault(key, why);
            }
            if let Some(why) = dimension.fault() {
                return fault(key, why);
            }
        }
        if settings.name.is_empty()
            || !settings.name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        {
            return fault("name", "use letters, digits, '-', '_' and '.': it names a directory".to_owned());
        }
        Ok((settings, path))
    }

    /// Where the configuration is.
    pub(crate) fn config_path(&self, own: &Path) -> PathBuf {
        own.parent().unwrap_or(Path::new("")).join(&self.config)
    }

    /// The model whose log-loss counts.
    ///
    /// # Errors
    /// When it is none of the configuration's, or has to be named.
    pub(crate) fn target(&self, file: &ConfigFile) -> Result<String> {
        let names = file.config.scored_names();
        match (&self.model, &names[..]) {
            (Some(model), names) if names.contains(&model.as_str()) => Ok(model.clone()),
            (Some(model), names) => bail!("model: {model} is none of {}", names.join(", ")),
            (None, [only]) => Ok((*only).to_owned()),
            (None, names) if file.config.ensemble.is_some() => Ok(names[names.len() - 1].to_owned()),
            (None, names) => bail!("name the model whose log-loss counts: model = \"{}\"", names[0]),
        }
    }
}
