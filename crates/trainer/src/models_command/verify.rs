//! Every byte of bundles against their manifests.

use std::io::Write;

use anyhow::Result;
use pipeline::{Alias, Bundle};
use serde_json::json;

use super::VerifyArguments;
use super::target::Target;
use crate::cli::Outcome;

pub(super) fn run(arguments: &VerifyArguments, out: &mut dyn Write) -> Result<Outcome> {
    let registry = arguments.common.registry();
    let all_of = |name: &String| {
        let of = |version| Target { name: name.clone(), version };
        registry.versions(name).into_iter().map(of).collect::<Vec<_>>()
    };
    let targets = match &arguments.model {
        None => registry.names().iter().flat_map(all_of).collect(),
        Some(text) => {
            let target = Target::find(&registry, text)?;
            if text.contains(['/', '@']) { vec![target] } else { all_of(&target.name) }
        }
    };
    let mut found: Vec<(String, Option<String>)> = targets
        .iter()
        .map(|target| {
            let fault = Bundle::load(&target.directory(&registry)).err().map(|error| error.to_string());
            (target.to_string(), fault)
        })
        .collect();
    let mut names: Vec<&String> = targets.iter().map(|target| &target.name).collect();
    names.dedup();
    for name in names {
        match registry.aliases(name) {
            Err(error) => found.push((format!("{name}, its aliases"), Some(error.to_string()))),
            Ok(aliases) => {
                for alias in [Alias::Champion, Alias::Challenger] {
                    let lost = aliases.get(alias).filter(|at| !registry.versions(name).contains(at));
                    if let Some(version) = lost {
                        let why = format!("it is at {version}, which is not there");
                        found.push((format!("{name}@{alias}"), Some(why)));
                    }
                }
            }
        }
    }
    let damaged = found.iter().filter(|(_, fault)| fault.is_some()).count();
    if arguments.common.json {
        let rows: Vec<_> =
            found.iter().map(|(model, fault)| json!({ "model": model, "fault": fault })).collect();
        let said = json!({ "checked": rows, "damaged": damaged });
        writeln!(out, "{}", serde_json::to_string_pretty(&said)?)?;
    } else {
        for (model, fault) in &found {
            match fault {
                None => writeln!(out, "ok       {model}")?,
                Some(why) => writeln!(out, "DAMAGED  {model}: {why}")?,
            }
        }
    }
    Ok(if damaged == 0 { Outcome::Done } else { Outcome::No })
}
