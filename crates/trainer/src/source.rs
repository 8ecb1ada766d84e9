//! Loading the bars that a config or the command line names.

use anyhow::{Result, anyhow, bail};
use data::{LoadError, LoadOptions, LoadedBars};
use labels::{Definition, LabelKind, LabelSpec, ProvidedColumns};
use market::Timestamp;

use crate::config::{Config, ConfigFile};

/// Reads the config's bars with the columns that its label needs.
pub(crate) fn load(file: &ConfigFile, given: Option<&std::path::Path>) -> Result<LoadedBars> {
    let config = &file.config;
    let path = match (given, &config.data.path) {
        (Some(path), _) => path.to_owned(),
        (None, Some(path)) => file.resolve(path),
        (None, None) => {
            return Err(file.fault("data.path", "name a file here, or give one with --data").into());
        }
    };
    data::load(&path, &options(config)).map_err(|error| match error {
        LoadError::ExtraColumn { .. } => {
            anyhow!("label.column and label.until_column must be columns of the file: {error}")
        }
        other => other.into(),
    })
}

fn options(config: &Config) -> LoadOptions {
    LoadOptions {
        symbol: config.data.symbol.clone(),
        timeframe: config.data.timeframe,
        max_missing_bars: config.data.max_missing_bars,
        policy: config.data.policy,
        extra_columns: config.label.extra_columns(),
    }
}

/// The label's definition over the loaded bars.
pub(crate) fn definition(spec: &LabelSpec, loaded: &LoadedBars) -> Result<Definition> {
    let columns = match spec.kind {
        LabelKind::Provided => {
            let mut columns = loaded.columns.iter().map(|(_, values)| values);
            match (columns.next(), columns.next()) {
                (Some(classes), Some(until)) => {
                    let until = until.iter().map(|text| instant(text)).collect::<Result<_>>()?;
                    Some(ProvidedColumns { classes: classes.clone(), until })
                }
                _ => None,
            }
        }
        LabelKind::ForwardDirection | LabelKind::Volatility | LabelKind::Hmm => None,
    };
    Ok(Definition::new(spec, columns)?)
}

fn instant(text: &str) -> Result<Option<Timestamp>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    match data::parse_time(text) {
        Some(time) => Ok(Some(time)),
        None => {
            bail!("label.until_column holds `{text}`, which is not a time; write it as in the time column")
        }
    }
}
