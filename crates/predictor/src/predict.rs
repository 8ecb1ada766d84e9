//! `predictor predict`: a whole file at once.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use data::{LoadError, LoadOptions, QualityPolicy};
use market::{BarSeries, Prediction};
use pipeline::Bundle;

use crate::cli::{Format, PredictArguments};
use crate::write;

/// Bars answered for at a time.
const BATCH: usize = 1024;

/// Predicts every bar with enough past and writes the predictions. Answers with one line of text.
pub(crate) fn run(arguments: &PredictArguments) -> Result<String> {
    let format = format(arguments)?;
    data::keep_inputs(&arguments.output, &[&arguments.input[..], &arguments.reference].concat())?;
    let bundle = Bundle::load(&arguments.model)?;
    let core = bundle.pipeline.core();
    let options = LoadOptions {
        symbol: arguments.symbol.clone(),
        max_missing_bars: Some(core.gaps.max_missing_bars),
        policy: policy(&arguments.policy)?,
        ..LoadOptions::default()
    };
    let mut loaded = data::load_files(&arguments.input, &options).map_err(with_option)?;
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

/// The policy that `KIND=ACTION` settings describe.
fn policy(settings: &[String]) -> Result<QualityPolicy> {
    let mut kinds = serde_json::Map::new();
    for setting in settings {
        let Some((kind, action)) = setting.split_once('=') else {
            bail!("--policy {setting}: write it as KIND=ACTION, such as invalid_bars=drop");
        };
        kinds.insert(kind.to_owned(), action.into());
    }
    serde_json::from_value(kinds.into()).map_err(|error| anyhow!("--policy {}: {error}", settings.join(" ")))
}

/// Advice that names a config's value also says how it is given here.
fn with_option(error: LoadError) -> anyhow::Error {
    let text = error.to_string();
    if text.contains("data.policy.") { anyhow!("{text} (here: --policy KIND=ACTION)") } else { error.into() }
}

/// The form that is asked for, or that the output's name says.
fn format(arguments: &PredictArguments) -> Result<Format> {
    let extension = arguments.output.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match (arguments.format, extension.as_deref()) {
        (Some(format), _) => Ok(format),
        (None, Some("csv")) => Ok(Format::Csv),
        (None, Some("jsonl" | "ndjson")) => Ok(Format::Jsonl),
        (None, _) => bail!(
            "{} does not say in which form to write; name it .jsonl or .csv, or add --format",
            arguments.output.display()
        ),
    }
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
