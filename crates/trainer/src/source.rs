//! Loading the bars that a config or the command line names.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use data::{LoadError, LoadOptions, LoadedBars};
use features::{FeatureSet, FeatureSpec};
use labels::{Definition, LabelKind, LabelSpec, ProvidedColumns};
use market::{BarSeries, Timestamp};

use crate::config::{BarPaths, Config, ConfigFile};

/// Reads the config's bars, or those of the paths given instead, with the columns that its label needs.
pub(crate) fn load<'a>(
    file: &ConfigFile,
    given: impl IntoIterator<Item = &'a Path>,
) -> Result<LoadedBars> {
    let config = &file.config;
    let mut paths: Vec<PathBuf> = given.into_iter().map(Path::to_owned).collect();
    if paths.is_empty() {
        paths.extend(config.data.path.iter().flat_map(BarPaths::iter).map(|path| file.resolve(path)));
    }
    if paths.is_empty() {
        return Err(file.fault("data.path", "name a file here, or give one with --data").into());
    }
    data::load_files(&paths, &options(config)).map_err(|error| match error {
        LoadError::ExtraColumn { .. } => {
            anyhow!("label.column and label.until_column must be columns of the file: {error}")
        }
        other => other.into(),
    })
}

/// The features that a spec asks for, on these bars.
pub(crate) fn feature_set(spec: &FeatureSpec, series: &BarSeries) -> Result<FeatureSet> {
    let set = FeatureSet::resolve(&spec.for_bars(series.bars()), series.timeframe())?;
    set.check_bars(series.bars())?;
    Ok(set)
}

fn options(config: &Config) -> LoadOptions {
    LoadOptions {
        symbol: config.data.symbol.clone(),
        timeframe: config.data.timeframe,
        max_missing_bars: config.data.max_missing_bars,
        policy: config.data.policy,
        extra_columns: config.label.extra_columns(),
        ..LoadOptions::default()
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
