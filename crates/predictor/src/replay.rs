//! `predictor replay`: a file bar by bar, as it would have come live.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use market::Prediction;
use regime::SignalRules;

use crate::cli::ReplayArguments;
use crate::input::too_few;
use crate::live::model::LiveModel;
use crate::live::symbol::SymbolState;
use crate::write;

/// Feeds every bar to the live state and writes the predictions. Answers with one line of text.
pub(crate) fn run(arguments: &ReplayArguments) -> Result<String> {
    let files = &arguments.files;
    let format = write::format(&files.output, files.format)?;
    data::keep_inputs(&files.output, &files.bars.all())?;
    let model = Arc::new(LiveModel::load(&files.model)?);
    let loaded = files.bars.load(model.pipeline.core(), &model.version)?;
    let series = &loaded.series;
    model.pipeline.feature_set().check(series)?;
    let mut state = SymbolState::new(series.symbol(), &model, &SignalRules::default());
    if arguments.outcomes {
        // Refused before the work rather than after it.
        model.resolver(series.symbol()).context("--outcomes")?;
    }
    let progress = ProgressBar::new(series.len() as u64);
    let (mut predictions, mut came) = (Vec::new(), HashMap::new());
    for (place, bar) in series.bars().iter().enumerate() {
        let references: Vec<f64> =
            series.references().iter().map(|reference| reference.closes[place]).collect();
        let (prediction, outcomes) = state.predict_and_resolve(bar, &references)?;
        predictions.extend(prediction);
        for outcome in outcomes {
            let closed = outcome.at.plus_bars(1, series.timeframe());
            came.insert(closed, model.classes()[usize::from(outcome.label.class)].as_str());
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    if predictions.is_empty() {
        return Err(too_few(&loaded, &model.pipeline, &model.version));
    }
    let outcomes: Option<Vec<Option<&str>>> = arguments
        .outcomes
        .then(|| predictions.iter().map(|prediction| came.get(&prediction.timestamp).copied()).collect());
    write::file(&files.output, format, &predictions, outcomes.as_deref())?;
    let said = write::said(&predictions, &model.version, series, &files.output);
    Ok(match outcomes {
        Some(outcomes) => format!("{said}\n{}", accuracy(&predictions, &outcomes)),
        None => said,
    })
}

/// How often the predictions were right, in words.
fn accuracy(predictions: &[Prediction], outcomes: &[Option<&str>]) -> String {
    let resolved: Vec<(&Prediction, &str)> =
        predictions.iter().zip(outcomes).filter_map(|(made, came)| Some((made, (*came)?))).collect();
    if resolved.is_empty() {
        return "no outcome is known yet".to_owned();
    }
    let n = resolved.len() as f64;
    let right = resolved.iter().filter(|(made, came)| made.predicted_regime == *came).count();
    let likelihood = |(made, came): &(&Prediction, &str)| {
        made.probabilities.iter().find(|(name, _)| name == came).map_or(0.0, |(_, p)| *p)
    };
    let loss: f64 = resolved.iter().map(|row| -likelihood(row).max(1e-15).ln()).sum();
    format!(
        "of {} resolved predictions {:.4} were right, log-loss {:.4}; bars that the model learnt from are among them unless the file is newer",
        resolved.len(),
        right as f64 / n,
        loss / n
    )
}
