//! One version in full.

use std::io::Write;

use anyhow::Result;
use pipeline::Manifest;
use serde_json::json;

use super::ShowArguments;
use super::list::table;
use super::target::Target;
use crate::cli::Outcome;

pub(super) fn run(arguments: &ShowArguments, out: &mut dyn Write) -> Result<Outcome> {
    let registry = arguments.common.registry();
    let target = Target::find(&registry, &arguments.model)?;
    let directory = target.directory(&registry);
    let manifest = Manifest::read(&directory)?;
    let aliases = registry.aliases(&target.name)?;
    let own: Vec<String> = aliases.of(target.version).iter().map(ToString::to_string).collect();
    let moves: Vec<_> = aliases
        .history
        .iter()
        .filter(|one| one.to == Some(target.version) || one.from == Some(target.version))
        .collect();
    if arguments.common.json {
        let said = json!({ "directory": directory, "aliases": own, "moves": moves, "manifest": manifest });
        writeln!(out, "{}", serde_json::to_string_pretty(&said)?)?;
        return Ok(Outcome::Done);
    }
    let facts = &manifest.facts;
    let score = |metric: &str| {
        let interval = &facts.metrics["out_of_sample"][metric];
        let number = |part: &str| interval[part].as_f64();
        match (number("mean"), number("low"), number("high")) {
            (Some(mean), Some(low), Some(high)) => format!("{mean:.4} [{low:.4}, {high:.4}]"),
            _ => "–".to_owned(),
        }
    };
    let members: Vec<String> = manifest
        .members
        .iter()
        .map(|member| format!("{} {:.3}", member.name, member.weight))
        .chain(manifest.core.missing.iter().map(|(name, why)| format!("{name} missing ({why})")))
        .collect();
    let data = &facts.data;
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let lines = [
        ("model", target.to_string()),
        ("aliases", if own.is_empty() { "none".to_owned() } else { own.join(", ") }),
        ("directory", directory.display().to_string()),
        ("made", format!("{} by run {}, seed {}", facts.created_at, facts.run, facts.seed)),
        ("label", format!("{}, {} bars ahead", text(&facts.label["kind"]), manifest.core.horizon)),
        (
            "bars",
            format!(
                "{} {} {} from {} to {}",
                text(&data["bars"]),
                text(&data["symbol"]),
                manifest.core.timeframe,
                text(&data["first"]),
                text(&data["last"])
            ),
        ),
        ("features", format!("{} columns", manifest.schema.len())),
        ("members", members.join(", ")),
        ("log-loss", score("log_loss")),
        ("accuracy", score("accuracy")),
        ("verdict", text(&facts.metrics["verdict"])),
        ("content", manifest.content_hash.clone()),
    ];
    let lines: Vec<Vec<String>> =
        lines.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    write!(out, "{}", table(&lines))?;
    for one in moves {
        let place = |version: Option<pipeline::Version>| {
            version.map_or_else(|| "nowhere".to_owned(), |v| v.to_string())
        };
        writeln!(
            out,
            "{}  {} from {} to {} by {}{}",
            one.at,
            one.alias,
            place(one.from),
            place(one.to),
            one.by,
            if one.forced { ", FORCED" } else { "" }
        )?;
    }
    Ok(Outcome::Done)
}
