//! The service's own JSON.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use bytes::Bytes;
use history::Filter;
use market::{BarSeries, Timestamp};
use pipeline::Registry;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::inspect::describe;
use crate::live::bar_line::BarLine;
use crate::live::engine::{lock, now};
use crate::live::model::LiveModel;
use crate::live::stats;
use crate::live::symbol::fallen;
use crate::live::view::{Published, SymbolView};
use crate::serve::App;
use crate::serve::fault::Fault;
use crate::serve::guard::body;
use crate::serve::query::Query;

pub(crate) type Answer = Result<Response<Body>, Fault>;

/// Bars of one request.
const MOST_BARS: usize = 100_000;
/// Predictions of one answer.
const MOST_PREDICTIONS: usize = 10_000;

#[derive(serde::Serialize)]
struct Predictions {
    predictions: Vec<market::Prediction>,
}

/// JSON as it is.
pub(crate) fn json_bytes(bytes: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(crate) fn json_value(value: &impl serde::Serialize) -> Answer {
    let bytes = serde_json::to_vec(value).map_err(|error| Fault::internal(error.to_string()))?;
    Ok(json_bytes(bytes))
}

fn view(app: &App, symbol: &str) -> Result<Arc<SymbolView>, Fault> {
    app.engine.view(symbol).ok_or_else(|| {
        let known = app.engine.symbols();
        let known = match known.len() {
            0 => "none yet: the feed has not brought a bar".to_owned(),
            1..=20 => known.join(", "),
            n => format!("{n} symbols, see /v1/status"),
        };
        Fault::not_found("unknown_symbol", format!("there is no symbol {symbol:?} here; there are {known}"))
    })
}

/// The newest prediction of a symbol, or why there is none yet.
fn published(app: &App, symbol: &str) -> Result<Arc<Published>, Fault> {
    let view = view(app, symbol)?;
    view.published().ok_or_else(|| {
        let missing = view.shown().warming_up;
        let status = StatusCode::from_u16(425).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let message = format!("{symbol} is warming up: {missing} more bars are needed; give older ones with --warm to begin at once");
        Fault::new(status, "warming_up", message)
    })
}

/// True when the feed has been silent for so long that the newest prediction says nothing of now.
fn is_stale(app: &App, published: &Published) -> bool {
    let settings = &app.engine.shared.settings;
    if app.feed_ends {
        return false;
    }
    let bar = published.model.pipeline.core().timeframe.millis();
    let limit = bar + settings.stale_after.as_millis() as i64;
    now() - published.prediction.timestamp.millis() > limit
}

/// What is said of now when the newest prediction is too old.
fn stale_answer(app: &App, symbol: &str, published: &Published) -> (market::Prediction, regime::Signal) {
    let started = Instant::now();
    let now = Timestamp::from_millis(now());
    let why = format!("no bar has come since {}", published.prediction.timestamp);
    let fallback = published.ladder.fall(now, &why);
    let prediction =
        fallen(&published.model, symbol, now, &fallback, &why, started.elapsed().as_secs_f64() * 1000.0);
    let signal = regime::SignalMaker::new(app.engine.shared.settings.signals.clone()).update(&prediction);
    (prediction, signal)
}

pub(crate) async fn regime(State(app): State<Arc<App>>, Path(symbol): Path<String>) -> Answer {
    let published = published(&app, &symbol)?;
    if is_stale(&app, &published) {
        return json_value(&stale_answer(&app, &symbol, &published).0);
    }
    Ok(json_bytes(published.json.clone()))
}

pub(crate) async fn signals(State(app): State<Arc<App>>, Path(symbol): Path<String>) -> Answer {
    let published = published(&app, &symbol)?;
    if is_stale(&app, &published) {
        return json_value(&stale_answer(&app, &symbol, &published).1);
    }
    Ok(json_bytes(published.signal.clone()))
}

pub(crate) async fn bars(
    State(app): State<Arc<App>>,
    Path(symbol): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let query = Query::parse(query.as_deref(), &["limit"])?;
    let limit = query.whole("limit", 1, 2000)?.unwrap_or(300);
    let view = view(&app, &symbol)?;
    let model = app.engine.shared.model();
    let shown = view.shown();
    let newest: Vec<_> = shown.bars.iter().skip(shown.bars.len().saturating_sub(limit)).cloned().collect();
    drop(shown);
    json_value(&json!({
        "symbol": symbol,
        "timeframe": model.pipeline.core().timeframe,
        "classes": model.classes(),
        "bars": newest,
    }))
}

/// The model as clients see it.
pub(crate) fn model_value(model: &LiveModel, loaded_at: i64, reload_error: Option<&str>) -> Value {
    let (facts, core) = (&model.manifest.facts, model.pipeline.core());
    let members: Vec<&str> = model.pipeline.members().iter().map(|member| member.name.as_str()).collect();
    json!({
        "name": facts.name,
        "version": facts.version,
        "content_hash": model.content_hash(),
        "fitted_on": facts.fitted_on,
        "timeframe": core.timeframe,
        "taxonomy": core.classes.taxonomy(),
        "classes": core.classes.names(),
        "horizon": core.horizon,
        "required_bars": model.pipeline.required_bars(),
        "members": members,
        "missing": core.missing,
        "out_of_sample": model.out_of_sample(),
        "best_baseline": model.best_baseline(),
        "loaded_at": loaded_at,
        "reload_error": reload_error,
    })
}

pub(crate) async fn status(State(app): State<Arc<App>>) -> Answer {
    let shared = &app.engine.shared;
    let now = now();
    let symbols: Vec<Value> = app.engine.views().iter().map(|view| symbol_value(view, now)).collect();
    let health = shared.history.as_ref().map(history::Writer::health).unwrap_or_default();
    let latency = shared.stats.latency_ms();
    let reload_error = lock(&shared.reload_error).clone();
    let loaded_at = *lock(&shared.loaded_at);
    let challenger = shared.challenger().map(|model| model_value(&model, loaded_at, None));
    json_value(&json!({
        "now": now,
        "started_at": shared.started_at,
        "program_version": env!("CARGO_PKG_VERSION"),
        "model": model_value(&shared.model(), loaded_at, reload_error.as_deref()),
        "challenger": challenger,
        "feed": shared.feed(),
        "symbols": symbols,
        "history": {
            "enabled": shared.history.is_some(),
            "predictions": health.predictions,
            "resolved": health.resolved,
            "waiting": health.waiting,
            "lost": health.lost,
            "error": health.error,
        },
        "resources": {
            "memory_bytes": stats::memory_bytes(),
            "cpu_seconds": stats::cpu_seconds(),
            "requests": shared.stats.requests.load(Ordering::Relaxed),
            "predictions": shared.stats.predictions.load(Ordering::Relaxed),
            "latency_ms": latency.map(|(p50, p99)| json!({ "p50": p50, "p99": p99 })),
        },
    }))
}

fn symbol_value(view: &SymbolView, now: i64) -> Value {
    let published = view.published();
    let shown = view.shown();
    let newest = shown.bars.back();
    json!({
        "symbol": view.symbol,
        "bars": shown.taken,
        "last_bar_closed_at": newest.map(|bar| bar.close_time),
        "last_close": newest.map(|bar| bar.close),
        "staleness_ms": shown.heard_at.map(|at| (now - at).max(0)),
        "predicted_regime": published.as_ref().map(|published| published.prediction.predicted_regime.clone()),
        "confidence": published.as_ref().map(|published| published.prediction.confidence),
        "fallback_level": published.as_ref().map(|published| published.prediction.fallback_level),
        "warming_up": shown.warming_up,
        "outcomes_unknown": shown.outcomes_unknown,
        "ingest": shown.counts,
    })
}

pub(crate) async fn models(State(app): State<Arc<App>>) -> Answer {
    let model = app.engine.shared.model();
    // NAME/VERSION below the registry, where the bundle lies in one.
    let registry = model.path.parent().and_then(std::path::Path::parent).map(Registry::new);
    let facts = &model.manifest.facts;
    let aliases = |name: &str, version: &str| -> Vec<String> {
        let found = registry.as_ref().and_then(|registry| registry.aliases(name).ok());
        let version = version.parse().ok();
        found
            .zip(version)
            .map(|(aliases, version)| aliases.of(version).iter().map(ToString::to_string).collect())
            .unwrap_or_default()
    };
    let mut served = vec![json!({
        "name": facts.name,
        "version": facts.version,
        "aliases": aliases(&facts.name, &facts.version),
        "role": "champion",
        "details": describe(&model),
    })];
    if let Some(challenger) = app.engine.shared.challenger() {
        let facts = &challenger.manifest.facts;
        served.push(json!({
            "name": facts.name,
            "version": facts.version,
            "aliases": aliases(&facts.name, &facts.version),
            "role": "challenger",
            "details": describe(&challenger),
        }));
    }
    json_value(&json!({ "models": served }))
}

pub(crate) async fn monitoring(State(app): State<Arc<App>>) -> Answer {
    let (mut accuracy, mut drift, mut challengers) = (Vec::new(), Vec::new(), Vec::new());
    for symbol in app.engine.symbols() {
        if let Some(report) = app.engine.report(&symbol).await {
            accuracy.push(report.performance);
            drift.push(report.drift);
            challengers.extend(report.challenger);
        }
    }
    let challenger = if challengers.is_empty() { Value::Null } else { challengers.into() };
    json_value(&json!({
        "accuracy": accuracy,
        "drift": drift,
        "challenger": challenger,
        "alerts": app.engine.shared.alerts(),
    }))
}

pub(crate) async fn history(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Answer {
    let query = Query::parse(query.as_deref(), &["symbol", "from", "to", "limit", "before"])?;
    let limit = query.whole("limit", 1, 5000)?.unwrap_or(500);
    let filter = Filter {
        symbol: query.text("symbol").map(str::to_owned),
        from: query.instant("from")?,
        to: query.instant("to")?,
        before: query.whole("before", 0, usize::MAX >> 1)?.map(|id| id as i64),
        ..Filter::default()
    };
    let page = read(&app, move |reader| reader.predictions(&filter, limit)).await?;
    let rows: Vec<Value> = page.predictions.iter().map(recorded_value).collect();
    json_value(&json!({ "predictions": rows, "next": page.next }))
}

fn recorded_value(one: &history::Recorded) -> Value {
    let name = |class: u8| one.classes.get(usize::from(class)).cloned();
    let set = one
        .prediction_set
        .as_ref()
        .map(|set| set.iter().filter_map(|class| name(*class)).collect::<Vec<_>>());
    json!({
        "id": one.id,
        "symbol": one.symbol,
        "timestamp": one.timestamp,
        "model_version": one.model_version,
        "regime": name(one.regime),
        "confidence": one.probabilities.get(usize::from(one.regime)),
        "probabilities": one.probabilities,
        "prediction_set": set,
        "source": one.source,
        "fallback_level": one.level,
        "fallback_reason": one.reason,
        "latency_ms": one.latency_ms,
        "outcome": one.outcome.and_then(name),
        "resolved_at": one.resolved_at,
    })
}

pub(crate) async fn summary(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Answer {
    let query = Query::parse(query.as_deref(), &["symbol", "days"])?;
    let symbol =
        query.text("symbol").ok_or_else(|| Fault::bad_request("name a symbol: ?symbol=BTCUSDT"))?.to_owned();
    let days = query.whole("days", 1, 3650)?.unwrap_or(30) as i64;
    let model = app.engine.shared.model();
    // The newest day is that of the newest bar, which need not be today: a replay shows the past.
    let newest =
        app.engine.view(&symbol).and_then(|view| view.shown().bars.back().map(|bar| bar.close_time.millis()));
    let today = newest.unwrap_or_else(now).div_euclid(86_400_000);
    let (name, k) = (symbol.clone(), model.classes().len());
    let hash = model.content_hash().to_owned();
    let found = read(&app, move |reader| reader.summary(&name, &hash, today - days + 1, k)).await?;
    let share = |part: f64, whole: u64| if whole > 0 { Some(part / whole as f64) } else { None };
    let entry = |day: &history::DaySummary| {
        json!({
            "day": Timestamp::from_millis(day.day * 86_400_000).to_string().split(' ').next(),
            "predictions": day.predictions,
            "resolved": day.resolved,
            "correct": day.correct,
            "accuracy": share(day.correct as f64, day.resolved),
            "log_loss": share(day.loss, day.resolved),
            "covered": share(day.covered as f64, day.sets),
        })
    };
    let sum = |of: fn(&history::DaySummary) -> u64| found.days.iter().map(of).sum::<u64>();
    let (resolved, sets) = (sum(|day| day.resolved), sum(|day| day.sets));
    let loss: f64 = found.days.iter().map(|day| day.loss).sum();
    json_value(&json!({
        "symbol": symbol,
        "model_version": model.version,
        "days": found.days.iter().map(entry).collect::<Vec<_>>(),
        "confusion": { "classes": model.classes(), "counts": found.confusion },
        "total": {
            "predictions": sum(|day| day.predictions),
            "resolved": resolved,
            "correct": sum(|day| day.correct),
            "accuracy": share(sum(|day| day.correct) as f64, resolved),
            "log_loss": share(loss, resolved),
            "covered": share(sum(|day| day.covered) as f64, sets),
        },
    }))
}

async fn read<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&history::Reader) -> Result<T, history::HistoryError> + Send + 'static,
) -> Result<T, Fault> {
    let shared = Arc::clone(&app.engine.shared);
    let found = app.limits.compute(move || {
        let reader = shared.reader()?;
        Some(reader.and_then(|reader| Ok(work(&reader)?)))
    });
    match found.await? {
        Some(Ok(found)) => Ok(found),
        Some(Err(error)) => Err(Fault {
            retry_after: Some(1),
            ..Fault::new(StatusCode::SERVICE_UNAVAILABLE, "history_unavailable", format!("{error:#}"))
        }),
        None => {
            Err(Fault::not_found("no_history", "the service keeps no history; start it with --history FILE"))
        }
    }
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

pub(crate) async fn live() -> Answer {
    json_value(&json!({ "live": true }))
}

/// Ready once a model is loaded, which it is before a request can come; the feed is told apart.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Answer {
    let shared = &app.engine.shared;
    if app.is_ending.load(Ordering::Acquire) {
        return Err(Fault::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ending",
            "the service is ending; ask another one",
        ));
    }
    json_value(&json!({ "ready": true, "model": shared.model().version, "feed": shared.feed().state }))
}

pub(crate) async fn nothing_here(request: Request) -> axum::response::Response {
    let path: String = request.uri().path().chars().take(100).collect();
    Fault::not_found("not_found", format!("there is nothing at {path}; /openapi.json says what there is"))
        .into_response()
}
