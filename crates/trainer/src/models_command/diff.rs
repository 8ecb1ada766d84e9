//! Where two versions differ.

use std::io::Write;

use anyhow::Result;
use pipeline::Manifest;
use serde_json::{Value, json};

use super::DiffArguments;
use super::list::table;
use super::target::Target;
use crate::cli::Outcome;
use crate::compare::differences;

pub(super) fn run(arguments: &DiffArguments, out: &mut dyn Write) -> Result<Outcome> {
    let registry = arguments.common.registry();
    let targets = [Target::find(&registry, &arguments.first)?, Target::find(&registry, &arguments.second)?];
    let [first, second] = &targets;
    let manifests =
        [Manifest::read(&first.directory(&registry))?, Manifest::read(&second.directory(&registry))?];
    let documents = manifests.each_ref().map(document);
    let found = differences(&documents);
    let same = manifests[0].content_hash == manifests[1].content_hash;
    if arguments.common.json {
        let said = json!({
            "models": targets.each_ref().map(ToString::to_string),
            "predict_the_same": same,
            "differences": found,
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&said)?)?;
        return Ok(Outcome::Done);
    }
    let mut lines = vec![vec![String::new(), first.to_string(), second.to_string()]];
    let cell = |value: &Option<Value>| match value {
        None => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    lines.extend(found.iter().map(|difference| {
        let mut line = vec![difference.key.clone()];
        line.extend(difference.values.iter().map(cell));
        line
    }));
    write!(out, "{}", table(&lines))?;
    let predictions = if same { "predict the same" } else { "predict differently" };
    writeln!(out, "They {predictions} (content hash).")?;
    Ok(Outcome::Done)
}

/// What is worth telling apart.
fn document(manifest: &Manifest) -> Value {
    let facts = &manifest.facts;
    let score = |metric: &str| facts.metrics["out_of_sample"][metric]["mean"].clone();
    let weights: serde_json::Map<String, Value> =
        manifest.members.iter().map(|member| (member.name.clone(), json!(member.weight))).collect();
    json!({
        "config": facts.config,
        "data": facts.data,
        "members": weights,
        "features": { "columns": manifest.schema.len(), "hash": manifest.schema.hash() },
        "out_of_sample": { "log_loss": score("log_loss"), "accuracy": score("accuracy") },
        "run": facts.run,
        "git": facts.git.commit,
        "program": facts.program_version,
    })
}
