//! Back to the champion before this one.

use std::io::Write;

use anyhow::{Context, Result, bail};
use pipeline::{Alias, AliasMove, Bundle, ROLLBACK};
use serde_json::{Value, json};

use super::target::Target;
use super::{RollbackArguments, now};
use crate::cli::Outcome;
use crate::track::alias_moved;

pub(super) fn run(arguments: &RollbackArguments, out: &mut dyn Write) -> Result<Outcome> {
    let registry = arguments.common.registry();
    let name = Target::find(&registry, &arguments.name)?.name;
    let locked = registry.lock(&name)?;
    let aliases = locked.aliases()?;
    let from = aliases.get(Alias::Champion);
    let Some(before) = aliases.champion_before() else {
        bail!("{name} had no champion before this one; see trainer models list {name}");
    };
    let directory = registry.directory(&name, before);
    let bundle =
        Bundle::load(&directory).with_context(|| format!("{name}/{before} can't be the champion again"))?;
    locked.move_aliases(vec![AliasMove {
        alias: Alias::Champion,
        from,
        to: Some(before),
        at: now(),
        by: ROLLBACK.to_owned(),
        forced: false,
        evidence: Value::Null,
    }])?;
    drop(locked);
    let note = alias_moved(&arguments.common.artifacts, &bundle.manifest, "champion");
    if arguments.common.json {
        let said = json!({ "model": format!("{name}/{before}"), "alias": Alias::Champion, "from": from });
        writeln!(out, "{}", serde_json::to_string_pretty(&said)?)?;
    } else {
        let note = note.map_or(String::new(), |note| format!("; {note}"));
        writeln!(out, "{name}/{before} is the champion again{note}")?;
    }
    Ok(Outcome::Done)
}
