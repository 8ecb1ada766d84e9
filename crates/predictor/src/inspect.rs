//! `predictor inspect`: what a bundle is, in words or JSON.

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::InspectArguments;
use crate::live::model::LiveModel;

/// Loads a bundle, tries it out and says what it is.
pub(crate) fn run(arguments: &InspectArguments) -> Result<String> {
    let model = LiveModel::load(&arguments.model)?;
    let description = describe(&model);
    if arguments.json {
        return Ok(serde_json::to_string_pretty(&description)?);
    }
    Ok(in_words(&model))
}

/// Everything about a bundle that a client may want to know.
pub(crate) fn describe(model: &LiveModel) -> Value {
    let (facts, core) = (&model.manifest.facts, model.pipeline.core());
    let members: Vec<Value> = model
        .pipeline
        .members()
        .iter()
        .map(|member| json!({ "name": member.name, "weight": member.weight, "kind": member.model.describe().kind }))
        .collect();
    json!({
        "name": facts.name,
        "version": facts.version,
        "path": model.path,
        "content_hash": model.content_hash(),
        "created_at": facts.created_at,
        "fitted_on": facts.fitted_on,
        "trained_on": facts.data,
        "taxonomy": core.classes.taxonomy(),
        "classes": core.classes.names(),
        "horizon": core.horizon,
        "timeframe": core.timeframe,
        "required_bars": model.pipeline.required_bars(),
        "lookback": model.pipeline.lookback(),
        "references": model.pipeline.feature_set().references(),
        "members": members,
        "missing": core.missing,
        "label": facts.label,
        "outcomes_known_for": facts.labellers.keys().collect::<Vec<_>>(),
        "monitored_against": facts.references.keys().collect::<Vec<_>>(),
        "out_of_sample": model.out_of_sample(),
        "best_baseline": model.best_baseline(),
        "features": model.pipeline.schema().names().collect::<Vec<_>>(),
    })
}

fn in_words(model: &LiveModel) -> String {
    let (facts, core) = (&model.manifest.facts, model.pipeline.core());
    let members: Vec<String> = model
        .pipeline
        .members()
        .iter()
        .map(|member| format!("{} ({:.2})", member.name, member.weight))
        .collect();
    let scores = |scores: Option<crate::live::model::Scores>| match scores {
        Some(scores) => format!(
            "{}accuracy {:.4}, log-loss {:.4}",
            scores.name.map(|name| format!("{name}, ")).unwrap_or_default(),
            scores.accuracy,
            scores.log_loss
        ),
        None => "not recorded".to_owned(),
    };
    let known = match facts.labellers.len() {
        0 if matches!(facts.label["kind"].as_str(), Some("hmm" | "jump" | "provided")) => {
            "no: the bundle carries no label that can be computed live; train it again".to_owned()
        }
        0 => "yes, by the label's definition".to_owned(),
        _ => "yes".to_owned(),
    };
    let watched = match facts.references.len() {
        0 => "no reference of the training period in it; train it again to have drift watched".to_owned(),
        n => format!("reference of {n} symbols"),
    };
    format!(
        "{}\n  bundle        {}\n  content       {}\n  trained       {}, {}, {}\n  predicts      {} of {} ({} bars of {} ahead)\n  needs         {} bars before its first answer, {} columns\n  members       {}\n  out of sample {}\n  best baseline {}\n  outcomes      {known}\n  drift         {watched}",
        model.version,
        model.path.display(),
        model.content_hash(),
        facts.created_at,
        facts.fitted_on,
        facts.data["symbol"].as_str().unwrap_or("unknown bars"),
        core.classes.names().join(", "),
        core.classes.taxonomy(),
        core.horizon,
        core.timeframe,
        model.pipeline.required_bars(),
        model.pipeline.schema().len(),
        members.join(", "),
        scores(model.out_of_sample()),
        scores(model.best_baseline()),
    )
}
