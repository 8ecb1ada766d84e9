//! `predictor predict`: a whole file at once.

use std::time::Instant;

use anyhow::Result;
use market::{BarSeries, Prediction};
use pipeline::Bundle;

use crate::cli::FileArguments;
use crate::input::too_few;
use crate::write;

/// Bars answered for at a time.
const BATCH: usize = 1024;

/// Predicts every bar with enough past and writes the predictions. Answers with one line of text.
pub(crate) fn run(arguments: &FileArguments) -> Result<String> {
    let format = write::format(&arguments.output, arguments.format)?;
    data::keep_inputs(&arguments.output, &arguments.bars.all())?;
    let bundle = Bundle::load(&arguments.model)?;
    let version = bundle.manifest.model_version();
    let loaded = arguments.bars.load(bundle.pipeline.core(), &version)?;
    let series = &loaded.series;
    let table = bundle.pipeline.compute_features(series, |_| ())?;
    let answerable = bundle.pipeline.answerable(&table);
    if answerable.is_empty() {
        return Err(too_few(&loaded, &bundle.pipeline, &version));
    }
    let predictions = answer(&bundle, series, &table, &answerable)?;
    write::file(&arguments.output, format, &predictions, None)?;
    Ok(write::said(&predictions, &version, series, &arguments.output))
}

fn answer(
    bundle: &Bundle,
    series: &BarSeries,
    table: &features::FeatureTable,
    bars: &[usize],
) -> Result<Vec<Prediction>> {
    let version = bundle.manifest.model_version();
    let mut predictions = Vec::with_capacity(bars.len());
    for batch in bars.chunks(BATCH) {
        let started = Instant::now();
        let answers = bundle.pipeline.answer(table, batch)?;
        let latency_ms = started.elapsed().as_secs_f64() * 1000.0 / batch.len() as f64;
        for (bar, answer) in batch.iter().zip(answers) {
            let (core, members) = (bundle.pipeline.core(), bundle.pipeline.members());
            let bar = &series.bars()[*bar];
            predictions.push(answer.prediction(core, members, &version, series.symbol(), bar, latency_ms));
        }
    }
    Ok(predictions)
}
