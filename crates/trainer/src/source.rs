//! Loading the bars that a config or the command line names.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use data::{LoadError, LoadOptions, LoadedBars};
use features::{FeatureSet, FeatureSpec};
use labels::{Definition, LabelKind, LabelSpec, ProvidedColumns};
use market::{BarSeries, Timestamp};

use crate::config::{BarPaths, Config, ConfigFile};

/// The paths given, or else those of the config.
pub(crate) fn paths(file: &ConfigFile, given: &[PathBuf]) -> Vec<PathBuf> {
    if given.is_empty() {
        file.config.data.path.iter().flat_map(BarPaths::iter).map(|path| file.resolve(path)).collect()
    } else {
        given.to_owned()
    }
}

/// Reads every symbol of the pool that is given, or else of the config's pool, or else the one series of
/// [`load`].
pub(crate) fn load_all(file: &ConfigFile, given: &[PathBuf], pool: &[PathBuf]) -> Result<Vec<LoadedBars>> {
    let of_config = || {
        let resolved = |paths: &BarPaths| paths.iter().map(|path| file.resolve(path)).collect();
        file.config.data.pool.iter().map(resolved).collect::<Vec<Vec<PathBuf>>>()
    };
    let pool: Vec<Vec<PathBuf>> = match (given, pool) {
        ([], []) => of_config(),
        (_, pool) => pool.iter().map(|path| vec![path.clone()]).collect(),
    };
    if pool.is_empty() {
        return Ok(vec![load(file, given)?]);
    }
    let symbols: Vec<LoadedBars> = pool.iter().map(|paths| load(file, paths)).collect::<Result<_>>()?;
    for (place, bars) in symbols.iter().enumerate() {
        let (first, series) = (&symbols[0].series, &bars.series);
        if series.timeframe() != first.timeframe() {
            bail!(
                "the symbols of a pool need bars of one length, but {} has {} and {} has {}; see trainer data resample",
                first.symbol(),
                first.timeframe(),
                series.symbol(),
                series.timeframe()
            );
        }
        if symbols[..place].iter().any(|other| other.series.symbol() == series.symbol()) {
            bail!(
                "{} stands twice in the pool; the file's name says the symbol, such as BTCUSDT-5m.csv, and files of one symbol are one entry",
                series.symbol()
            );
        }
    }
    Ok(symbols)
}

/// The SHA-256 of all bars of a run: of one symbol its own, of several that of theirs in order.
pub(crate) fn fingerprint(symbols: &[LoadedBars]) -> String {
    match symbols {
        [bars] => bars.fingerprint.clone(),
        several => {
            let all: Vec<&str> = several.iter().map(|bars| bars.fingerprint.as_str()).collect();
            durable::sha256_hex(all.join("\n").as_bytes())
        }
    }
}

/// Reads the config's bars, or those of the paths given instead, with the columns that its label needs and
/// with the config's references beside them.
pub(crate) fn load(file: &ConfigFile, given: &[PathBuf]) -> Result<LoadedBars> {
    let config = &file.config;
    let paths = paths(file, given);
    if paths.is_empty() {
        return Err(file.fault("data.path", "name a file here, or give one with --data").into());
    }
    let loaded = data::load_files(&paths, &options(config)).map_err(|error| match error {
        LoadError::ExtraColumn { .. } => {
            anyhow!("label.column and label.until_column must be columns of the file: {error}")
        }
        other => other.into(),
    })?;
    if config.data.references.is_empty() { Ok(loaded) } else { beside_references(file, loaded) }
}

/// Puts the config's references beside the bars, which are cut to where all of them have bars.
fn beside_references(file: &ConfigFile, loaded: LoadedBars) -> Result<LoadedBars> {
    let options = LoadOptions {
        symbol: None,
        timeframe: Some(loaded.series.timeframe()),
        extra_columns: Vec::new(),
        ..options(&file.config)
    };
    let load = |path: &PathBuf| Ok(data::load(&file.resolve(path), &options)?.series);
    let references: Vec<BarSeries> =
        file.config.data.references.iter().map(load).collect::<Result<_>>().context("data.references")?;
    let before = loaded.series.len();
    let series = loaded.series.with_references(&references).context("data.references")?;
    let cut = before - series.len();
    let columns = loaded.columns.into_iter().map(|(name, values)| (name, values[cut..].to_vec())).collect();
    Ok(LoadedBars { fingerprint: data::fingerprint(&series), series, columns, quality: loaded.quality })
}

/// The features that a spec asks for, on these bars. A spec that names no references looks at those that the
/// series carries.
pub(crate) fn feature_set(spec: &FeatureSpec, series: &BarSeries) -> Result<FeatureSet> {
    let mut spec = spec.for_bars(series.bars());
    if spec.references.is_empty() {
        spec.references = series.references().iter().map(|reference| reference.symbol.clone()).collect();
    }
    let set = FeatureSet::resolve(&spec, series.timeframe())?;
    set.check(series)?;
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
        _ => None,
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
