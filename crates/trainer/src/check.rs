//! `trainer data check`: what is in a file of bars.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use data::{Action, LoadOptions, QualityPolicy};

use crate::cli::Outcome;

/// Reports on a file. Rows that could not be used are dropped and counted, so that all of them are found.
pub(crate) fn run(file: &Path, json: bool, out: &mut dyn Write) -> Result<Outcome> {
    let policy = QualityPolicy {
        duplicates: Action::Drop,
        out_of_order: Action::Drop,
        invalid_bars: Action::Drop,
        ..QualityPolicy::default()
    };
    let loaded = data::load(file, &LoadOptions { policy, ..LoadOptions::default() })?;
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&loaded.quality)?)?;
    } else {
        writeln!(out, "{}", loaded.quality)?;
        writeln!(out, "fingerprint {}", loaded.fingerprint)?;
    }
    let q = &loaded.quality;
    let unusable = q.duplicates + q.out_of_order + q.invalid_bars > 0;
    Ok(if unusable { Outcome::No } else { Outcome::Done })
}
