//! How the service and its models stand.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use pipeline::Registry;
use serde_json::{Value, json};

use crate::inspect::describe;
use crate::live::engine::{lock, now};
use crate::live::model::LiveModel;
use crate::live::stats;
use crate::live::view::SymbolView;
use crate::serve::App;
use crate::serve::answer::{Answer, json_value};
use crate::serve::fault::Fault;

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

pub(crate) async fn nothing_here(request: Request) -> axum::response::Response {
    let path: String = request.uri().path().chars().take(100).collect();
    Fault::not_found("not_found", format!("there is nothing at {path}; /openapi.json says what there is"))
        .into_response()
}
