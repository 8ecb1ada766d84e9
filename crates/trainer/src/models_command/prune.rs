//! Old versions go, unless an alias is at them.

use std::io::Write;

use anyhow::Result;
use pipeline::Version;
use serde_json::json;

use super::PruneArguments;
use super::target::Target;
use crate::cli::Outcome;

pub(super) fn run(arguments: &PruneArguments, out: &mut dyn Write) -> Result<Outcome> {
    let registry = arguments.common.registry();
    let name = Target::find(&registry, &arguments.name)?.name;
    let locked = registry.lock(&name)?;
    let aliases = locked.aliases()?;
    let versions = registry.versions(&name);
    let old = &versions[..versions.len().saturating_sub(arguments.keep as usize)];
    let is_needed =
        |version: &Version| !aliases.of(*version).is_empty() || aliases.champion_before() == Some(*version);
    let going: Vec<Version> = old.iter().filter(|version| !is_needed(version)).copied().collect();
    if !arguments.dry_run {
        for version in &going {
            locked.remove(*version)?;
        }
    }
    if arguments.common.json {
        let said = json!({ "name": name, "removed": going, "dry_run": arguments.dry_run });
        writeln!(out, "{}", serde_json::to_string_pretty(&said)?)?;
    } else {
        let what = if arguments.dry_run { "would be removed" } else { "removed" };
        for version in &going {
            writeln!(out, "{name}/{version} {what}")?;
        }
        writeln!(out, "{} of {} versions kept", versions.len() - going.len(), versions.len())?;
    }
    Ok(Outcome::Done)
}
