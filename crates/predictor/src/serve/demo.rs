//! A first look without anything: a small model and bars that are in the program.

use std::path::PathBuf;

use anyhow::{Context, Result};
use data::LoadOptions;
use market::BarSeries;

use crate::feed::Speed;

/// Bars of an hour, one a second.
pub(crate) const SPEED: Speed = Speed::Times(3600.0);
/// Bars at the end that come live; the others are the past.
const AHEAD: usize = 2000;

/// The bundle's files: a model of a synthetic market, trained by `scripts/demo-bundle.sh`.
const FILES: [(&str, &[u8]); 2] = [
    ("manifest.json", include_bytes!("../../demo/manifest.json")),
    ("boosting/boosting.safetensors", include_bytes!("../../demo/boosting/boosting.safetensors")),
];
/// Bars of the same market that come behind those that the model was trained on.
const BARS: &[u8] = include_bytes!("../../demo/SYNTH-1h.csv.gz");

/// What the demonstration rests on, in a directory that goes when it ends.
pub(crate) struct Demo {
    pub(crate) bundle: PathBuf,
    pub(crate) history: PathBuf,
    pub(crate) series: BarSeries,
    /// Bars that are the past.
    pub(crate) begun: usize,
    _directory: tempfile::TempDir,
}

impl Demo {
    /// Writes the files that are in the program where they can be loaded like any others.
    pub(crate) fn unpack() -> Result<Self> {
        let directory = tempfile::tempdir().context("can't make a directory for the demonstration")?;
        let bundle = directory.path().join("bundle");
        for (name, bytes) in FILES {
            durable::write_file(&bundle.join(name), bytes)?;
        }
        let bars = directory.path().join("SYNTH-1h.csv.gz");
        durable::write_file(&bars, BARS)?;
        let series = data::load(&bars, &LoadOptions::default())?.series;
        let begun = series.len().saturating_sub(AHEAD);
        let history = directory.path().join("history.db");
        Ok(Self { bundle, history, series, begun, _directory: directory })
    }
}
