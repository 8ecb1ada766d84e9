//! `predictor predict`: a whole file at once.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use data::LoadOptions;
use market::{BarSeries, Prediction};
use pipeline::Bundle;

use crate::cli::{Format, PredictArguments};
use crate::write;

/// Bars answered for at a time.
const BATCH: usize = 1024;

/// Predicts every bar with enough past and writes the predictions. Answers with one line of text.
pub(crate) fn run(arguments: &PredictArguments) -> Result<String> {
    let bundle = Bundle::load(&arguments.model)?;
    let core = bundle.pipeline.core();
    let options = LoadOptions {
        symbol: arguments.symbol.clone(),
        max_missing_bars: Some(core.gaps.max_missing_bars),
        ..LoadOptions::default()
    };
    let mut loaded = data::load_files(&arguments.input, &options)?;
    if !arguments.reference.is_empty() {
        loaded.series = beside_references(arguments, loaded.series)?;
    }
    let series = &loaded.series;
    if series.timeframe() != core.timeframe && !arguments.any_timeframe {
        bail!(
            "{} holds {} bars, {} was trained on {} bars; give it such bars, or add --any-timeframe if you know why",
            loaded.quality.path,
            series.timeframe(),
            bundle.manifest.model_version(),
            core.timeframe
        );
    }
    let table = bundle.pipeline.compute_features(series, |_| ())?;
    let answerable = bundle.pipeline.answerable(&table);
    if answerable.is_empty() {
        bail!(
            "{} has {} bars, {} needs {} bars without a long hole before its first prediction; give it a longer file",
            loaded.quality.path,
            series.len(),
            bundle.manifest.model_version(),
            bundle.pipeline.required_bars()
        );
    }
    let predictions = answer(&bundle, series, &table, &answerable)?;
    let by_name = arguments.output.extension().is_some_and(|extension| extension == "csv");
    let format = arguments.format.unwrap_or(if by_name { Format::Csv } else { Format::Jsonl });
    let text = match format {
        Format::Jsonl => write::jsonl(&predictions)?,
        Format::Csv => write::csv(&predictions)?,
    };
    durable::write_file(&arguments.output, &text)?;
    Ok(format!(
        "{} predictions of {} for {} bars of {} ({} to warm up): {}",
        predictions.len(),
        bundle.manifest.model_version(),
        series.len(),
        series.symbol(),
        series.len() - predictions.len(),
        arguments.output.display()
    ))
}

/// The bars with those of the references beside them, cut to where all of these have bars.
fn beside_references(arguments: &PredictArguments, series: BarSeries) -> Result<BarSeries> {
    let options = LoadOptions {
        timeframe: Some(series.timeframe()),
        max_missing_bars: Some(series.gaps().max_missing_bars),
        ..LoadOptions::default()
    };
    let load = |path: &PathBuf| Ok(data::load(path, &options)?.series);
    let references: Vec<BarSeries> =
        arguments.reference.iter().map(load).collect::<Result<_>>().context("--reference")?;
    series.with_references(&references).context("--reference")
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
