//! Predictions at bars that are sent along.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use bytes::Bytes;
use market::BarSeries;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::live::bar_line::BarLine;
use crate::live::model::LiveModel;
use crate::serve::App;
use crate::serve::answer::{Answer, json_bytes};
use crate::serve::fault::Fault;
use crate::serve::guard::body;

/// Bars of one request.
const MOST_BARS: usize = 100_000;
/// Predictions of one answer.
const MOST_PREDICTIONS: usize = 10_000;

#[derive(Serialize)]
struct Predictions {
    predictions: Vec<market::Prediction>,
}

/// What `/v1/predict` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PredictRequest {
    #[serde(default)]
    symbol: Option<String>,
    bars: Vec<BarLine>,
    #[serde(default)]
    references: BTreeMap<String, Vec<BarLine>>,
    #[serde(default)]
    all: bool,
}

pub(crate) async fn predict(State(app): State<Arc<App>>, request: Request) -> Answer {
    let (_, bytes) = body(&app, request).await?;
    // One model for the whole answer, whatever is loaded meanwhile.
    let model = app.engine.shared.model();
    let key: [u8; 32] = {
        let mut hash = Sha256::new();
        hash.update(model.content_hash().as_bytes());
        hash.update(model.version.as_bytes());
        hash.update(&bytes);
        hash.finalize().into()
    };
    if let Some(known) = app.cache.get(&key) {
        let mut response = json_bytes(known);
        response.headers_mut().insert("x-cache", HeaderValue::from_static("hit"));
        return Ok(response);
    }
    let answer = app.limits.compute(move || predicted(&model, &bytes)).await??;
    app.cache.insert(key, answer.clone());
    let mut response = json_bytes(answer);
    response.headers_mut().insert("x-cache", HeaderValue::from_static("miss"));
    Ok(response)
}

fn predicted(model: &LiveModel, bytes: &[u8]) -> Result<Bytes, Fault> {
    let request: PredictRequest = serde_json::from_slice(bytes)
        .map_err(|error| Fault::bad_request(format!("the body is not what /v1/predict takes: {error}")))?;
    let symbol = request.symbol.clone().unwrap_or_else(|| "POSTED".to_owned());
    let series = series(model, &symbol, &request.bars)?;
    let references: Vec<BarSeries> = request
        .references
        .iter()
        .map(|(name, bars)| series_of(model, name, bars))
        .collect::<Result<_, _>>()?;
    let series = if references.is_empty() {
        series
    } else {
        series.with_references(&references).map_err(|error| unprocessable(error.to_string()))?
    };
    let started = Instant::now();
    let pipeline = &model.pipeline;
    let table =
        pipeline.compute_features(&series, |_| ()).map_err(|error| unprocessable(error.to_string()))?;
    let mut rows = pipeline.answerable(&table);
    if !request.all {
        rows.retain(|row| row + 1 == series.len());
    }
    if rows.is_empty() {
        return Err(unprocessable(format!(
            "{} needs {} bars without a long hole before its first answer, {} were posted",
            model.version,
            pipeline.required_bars(),
            series.len()
        )));
    }
    if rows.len() > MOST_PREDICTIONS {
        return Err(unprocessable(format!(
            "{} answers are more than {MOST_PREDICTIONS}; send fewer bars at once",
            rows.len()
        )));
    }
    let answers = pipeline.answer(&table, &rows).map_err(|error| Fault::internal(error.to_string()))?;
    let latency_ms = started.elapsed().as_secs_f64() * 1000.0 / rows.len() as f64;
    let predictions: Vec<market::Prediction> = rows
        .iter()
        .zip(answers)
        .map(|(row, answer)| {
            answer.prediction(
                pipeline.core(),
                pipeline.members(),
                &model.version,
                &symbol,
                &series.bars()[*row],
                latency_ms,
            )
        })
        .collect();
    let text = serde_json::to_vec(&Predictions { predictions });
    text.map(Bytes::from).map_err(|error| Fault::internal(error.to_string()))
}

fn unprocessable(message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", message)
}

fn series(model: &LiveModel, symbol: &str, bars: &[BarLine]) -> Result<BarSeries, Fault> {
    if bars.is_empty() {
        return Err(unprocessable("bars is empty; send the newest bars, oldest first"));
    }
    series_of(model, symbol, bars)
}

fn series_of(model: &LiveModel, symbol: &str, lines: &[BarLine]) -> Result<BarSeries, Fault> {
    if lines.len() > MOST_BARS {
        return Err(unprocessable(format!("{} bars are more than {MOST_BARS}; send fewer", lines.len())));
    }
    let core = model.pipeline.core();
    let bar = |(place, line): (usize, &BarLine)| {
        line.bar(core.timeframe).map_err(|why| unprocessable(format!("bar {place} of {symbol}: {why}")))
    };
    let bars = lines.iter().enumerate().map(bar).collect::<Result<_, _>>()?;
    BarSeries::new(symbol, core.timeframe, core.gaps, bars)
        .map_err(|error| unprocessable(format!("{symbol}: {error}; send bars oldest first, each once")))
}
