//! `predictor replay`: a file bar by bar, as it would have come live.

use std::sync::Arc;

use anyhow::Result;
use indicatif::ProgressBar;
use regime::SignalRules;

use crate::cli::ReplayArguments;
use crate::input::too_few;
use crate::live::model::LiveModel;
use crate::live::symbol::SymbolState;
use crate::write;

/// Feeds every bar to the live state and writes the predictions. Answers with one line of text.
pub(crate) fn run(arguments: &ReplayArguments) -> Result<String> {
    let format = write::format(&arguments.output, arguments.format)?;
    data::keep_inputs(&arguments.output, &arguments.bars.all())?;
    let model = Arc::new(LiveModel::load(&arguments.model)?);
    let loaded = arguments.bars.load(model.pipeline.core(), &model.version)?;
    let series = &loaded.series;
    model.pipeline.feature_set().check(series)?;
    let mut state = SymbolState::new(series.symbol(), &model, &SignalRules::default());
    let progress = ProgressBar::new(series.len() as u64);
    let mut predictions = Vec::new();
    for (place, bar) in series.bars().iter().enumerate() {
        let references: Vec<f64> =
            series.references().iter().map(|reference| reference.closes[place]).collect();
        predictions.extend(state.predict(bar, &references)?);
        progress.inc(1);
    }
    progress.finish_and_clear();
    if predictions.is_empty() {
        return Err(too_few(&loaded, &model.pipeline, &model.version));
    }
    write::file(&arguments.output, format, &predictions)?;
    Ok(write::said(&predictions, &model.version, series, &arguments.output))
}
