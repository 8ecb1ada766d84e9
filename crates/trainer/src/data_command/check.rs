//! `trainer data check`: what is in files of bars.

use std::io::Write;

use anyhow::Result;

use crate::cli::Outcome;
use crate::config::ConfigFile;
use crate::data_command::CheckArguments;
use crate::source;

/// Rows that could not be used are dropped and counted, so that all of them are found.
const POLICY: &str =
    "[data.policy]\nduplicates = \"drop\"\nout_of_order = \"drop\"\ninvalid_bars = \"drop\"\n";

/// Reports on the files.
pub(crate) fn run(arguments: &CheckArguments, out: &mut dyn Write) -> Result<Outcome> {
    let loaded = source::load(&ConfigFile::built_in(POLICY, &arguments.set)?, &arguments.data)?;
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&loaded.quality)?)?;
    } else {
        writeln!(out, "{}", loaded.quality)?;
        writeln!(out, "fingerprint {}", loaded.fingerprint)?;
    }
    let q = &loaded.quality;
    let unusable = q.duplicates + q.out_of_order + q.invalid_bars > 0;
    Ok(if unusable { Outcome::No } else { Outcome::Done })
}
