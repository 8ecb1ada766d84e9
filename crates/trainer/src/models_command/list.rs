//! Every version of every name.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::Result;
use pipeline::{Manifest, Registry, Version};
use serde_json::{Value, json};

use super::ListArguments;
use super::target::Target;
use crate::cli::Outcome;

pub(super) fn run(arguments: &ListArguments, out: &mut dyn Write) -> Result<Outcome> {
    let registry = arguments.common.registry();
    let names = match &arguments.name {
        Some(name) => vec![Target::find(&registry, name)?.name],
        None => registry.names(),
    };
    let mut rows = Vec::new();
    for name in &names {
        for version in registry.versions(name) {
            rows.push(row(&registry, name, version));
        }
    }
    if arguments.common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&json!({ "models": rows }))?)?;
        return Ok(Outcome::Done);
    }
    if rows.is_empty() {
        writeln!(
            out,
            "{} holds no model yet; train one, such as trainer --config random_forest.toml",
            registry.root().display()
        )?;
        return Ok(Outcome::Done);
    }
    let head = ["model", "aliases", "log-loss", "accuracy", "label", "bars", "made"].map(str::to_owned);
    let mut lines = vec![head.to_vec()];
    lines.extend(rows.iter().map(|row| {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let number =
            |key: &str| row[key].as_f64().map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"));
        let aliases: Vec<&str> =
            row["aliases"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        vec![
            format!("{}/{}", text("name"), text("version")),
            aliases.join(", "),
            number("log_loss"),
            number("accuracy"),
            text("label"),
            text("bars"),
            if row["fault"].is_null() { text("created_at") } else { format!("UNUSABLE: {}", text("fault")) },
        ]
    }));
    write!(out, "{}", table(&lines))?;
    Ok(Outcome::Done)
}

/// What one version says of itself, its files unread.
fn row(registry: &Registry, name: &str, version: Version) -> Value {
    let (aliases, fault_of_aliases) = match registry.aliases(name) {
        Ok(aliases) => (aliases.of(version).iter().map(ToString::to_string).collect::<Vec<_>>(), None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    match Manifest::read(&registry.directory(name, version)) {
        Ok(manifest) => {
            let score = |metric: &str| manifest.facts.metrics["out_of_sample"][metric]["mean"].clone();
            let data = &manifest.facts.data;
            json!({
                "name": name,
                "version": version,
                "aliases": aliases,
                "created_at": manifest.facts.created_at,
                "run": manifest.facts.run,
                "label": format!(
                    "{}, {} bars ahead",
                    manifest.facts.label["kind"].as_str().unwrap_or_default(),
                    manifest.core.horizon
                ),
                "bars": format!(
                    "{} {}",
                    data["symbol"].as_str().unwrap_or_default(),
                    manifest.core.timeframe
                ),
                "members": manifest.members.iter().map(|member| member.name.clone()).collect::<Vec<_>>(),
                "log_loss": score("log_loss"),
                "accuracy": score("accuracy"),
                "content_hash": manifest.content_hash,
                "fault": fault_of_aliases,
            })
        }
        Err(error) => json!({
            "name": name,
            "version": version,
            "aliases": aliases,
            "fault": error.to_string(),
        }),
    }
}

/// Columns as wide as they need to be.
pub(crate) fn table(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            write!(row, "{cell:<width$}  ").unwrap_or_default();
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}
