//! A version becomes the champion, when it is better than the one there is.

use std::io::Write;

use anyhow::{Context, Result};
use pipeline::{Alias, AliasMove, Bundle};
use serde_json::{Value, json};

use super::gate::Gate;
use super::target::Target;
use super::{PromoteArguments, now};
use crate::cli::Outcome;
use crate::track::alias_moved;

pub(super) fn run(arguments: &PromoteArguments, out: &mut dyn Write) -> Result<Outcome> {
    let registry = arguments.common.registry();
    let target = Target::find_with(&registry, &arguments.model, Some(Alias::Challenger))?;
    // From here on nobody else moves an alias of this name: the comparison is with the champion that is replaced.
    let locked = registry.lock(&target.name)?;
    let aliases = locked.aliases()?;
    let bundle = Bundle::load(&target.directory(&registry)).context("only a sound bundle is promoted")?;
    let from = aliases.get(arguments.to);
    let say = |out: &mut dyn Write, moved: bool, sentence: &str, evidence: &Value| -> Result<()> {
        if arguments.common.json {
            let said = json!({
                "model": target.to_string(), "alias": arguments.to, "from": from, "moved": moved,
                "sentence": sentence, "evidence": evidence,
            });
            writeln!(out, "{}", serde_json::to_string_pretty(&said)?)?;
        } else {
            writeln!(out, "{sentence}")?;
        }
        Ok(())
    };
    if from == Some(target.version) {
        say(out, false, &format!("{target} is the {} already", arguments.to), &Value::Null)?;
        return Ok(Outcome::Done);
    }
    let mut forced = false;
    let mut evidence = Value::Null;
    let mut sentence = format!("{target} is the {} now", arguments.to);
    if let (Alias::Champion, Some(version)) = (arguments.to, from) {
        let champion = Target { name: target.name.clone(), version };
        let gate = match Bundle::load(&champion.directory(&registry)) {
            Ok(champion) => Gate::between(
                &arguments.common.artifacts,
                &champion.manifest,
                &bundle.manifest,
                arguments.history.as_deref(),
            ),
            Err(error) => Gate {
                passed: false,
                sentence: format!("the champion {champion} can't be used: {error}"),
                comparison: None,
            },
        };
        evidence = serde_json::to_value(&gate)?;
        if !gate.passed && !arguments.force {
            let advice =
                "nothing was changed; --force makes it the champion all the same, and the history says so";
            say(out, false, &format!("{}; {advice}", gate.sentence), &evidence)?;
            return Ok(Outcome::No);
        }
        forced = !gate.passed;
        let how = if forced { " (forced)" } else { "" };
        sentence = format!("{}; {sentence}{how}", gate.sentence);
    }
    let by_this = |alias, from, to, forced, evidence| AliasMove {
        alias,
        from,
        to,
        at: now(),
        by: "promote".to_owned(),
        forced,
        evidence,
    };
    let mut moves = vec![by_this(arguments.to, from, Some(target.version), forced, evidence.clone())];
    if arguments.to == Alias::Champion && aliases.get(Alias::Challenger) == Some(target.version) {
        // What won challenges nobody any more.
        moves.push(by_this(Alias::Challenger, Some(target.version), None, false, Value::Null));
    }
    locked.move_aliases(moves)?;
    drop(locked);
    if let Some(note) = alias_moved(&arguments.common.artifacts, &bundle.manifest, &arguments.to.to_string())
    {
        sentence = format!("{sentence}; {note}");
    }
    say(out, true, &sentence, &evidence)?;
    Ok(Outcome::Done)
}
