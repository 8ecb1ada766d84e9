//! `/metrics`, for Prometheus.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response};
use prometheus::{
    Encoder, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    Registry, TextEncoder,
};

use crate::live::engine::now;
use crate::live::stats;
use crate::serve::App;
use crate::serve::fault::Fault;

/// Upper ends of the buckets of request times, in seconds.
const BUCKETS: [f64; 12] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5];

/// What is measured.
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    predictions: IntCounter,
    fallbacks: IntCounter,
    bars: IntCounter,
    shed: IntCounter,
    latency: GaugeVec,
    memory: Gauge,
    cpu: prometheus::Counter,
    alerts: IntGauge,
    symbols: IntGauge,
    feed: IntGauge,
    reconnects: IntCounter,
    history_waiting: IntGauge,
    history_predictions: IntCounter,
    staleness: GaugeVec,
    model: GaugeVec,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self> {
        let registry = Registry::new_custom(Some("regime".to_owned()), None)?;
        let gauge = |name: &str, help: &str| -> Result<IntGauge> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let counter = |name: &str, help: &str| -> Result<IntCounter> {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let labelled = |name: &str, help: &str, labels: &[&str]| -> Result<GaugeVec> {
            let gauge = GaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let requests = IntCounterVec::new(
            Opts::new("http_requests_total", "Requests by route and status."),
            &["route", "status"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        let seconds = HistogramVec::new(
            HistogramOpts::new("http_request_duration_seconds", "Time until an answer begins, by route.")
                .buckets(BUCKETS.to_vec()),
            &["route"],
        )?;
        registry.register(Box::new(seconds.clone()))?;
        let memory = Gauge::new("resident_memory_bytes", "Memory that the process holds.")?;
        registry.register(Box::new(memory.clone()))?;
        let cpu = prometheus::Counter::new("cpu_seconds_total", "CPU time of the process.")?;
        registry.register(Box::new(cpu.clone()))?;
        Ok(Self {
            requests,
            seconds,
            memory,
            cpu,
            predictions: counter("predictions_total", "Predictions that were told.")?,
            fallbacks: counter("fallbacks_total", "Predictions below level 0 of the ladder.")?,
            bars: counter("bars_total", "Bars that were taken.")?,
            shed: counter("requests_shed_total", "Requests that were refused because of overload.")?,
            latency: labelled(
                "prediction_latency_seconds",
                "Time from a bar to its prediction, of the newest bars.",
                &["share"],
            )?,
            alerts: gauge("alerts_active", "Alerts that last.")?,
            symbols: gauge("symbols", "Symbols that are served.")?,
            feed: gauge("feed_up", "1 while the feed is live.")?,
            reconnects: counter("feed_reconnects_total", "Times that the feed was connected again.")?,
            history_waiting: gauge("history_waiting_steps", "Steps that the disk did not accept yet.")?,
            history_predictions: counter("history_predictions_total", "Predictions in the history.")?,
            staleness: labelled(
                "bar_age_seconds",
                "Time since the newest bar of a symbol came.",
                &["symbol"],
            )?,
            model: labelled("model_info", "The model that is served.", &["name", "version", "content_hash"])?,
            registry,
        })
    }

    /// A request was answered.
    pub(crate) fn request(&self, route: &str, status: u16, seconds: f64) {
        self.requests.with_label_values(&[route, status_text(status)]).inc();
        self.seconds.with_label_values(&[route]).observe(seconds);
    }

    /// Takes what is counted elsewhere.
    fn refresh(&self, app: &App) {
        let shared = &app.engine.shared;
        let up_to = |counter: &IntCounter, now: u64| counter.inc_by(now.saturating_sub(counter.get()));
        up_to(&self.predictions, shared.stats.predictions.load(Ordering::Relaxed));
        up_to(&self.fallbacks, shared.stats.fallbacks.load(Ordering::Relaxed));
        up_to(&self.bars, shared.stats.bars.load(Ordering::Relaxed));
        up_to(&self.shed, shared.stats.shed.load(Ordering::Relaxed));
        let feed = shared.feed();
        up_to(&self.reconnects, feed.reconnects);
        self.feed.set(i64::from(feed.state == "live"));
        self.alerts.set(shared.active_alerts() as i64);
        if let Some((p50, p99)) = shared.stats.latency_ms() {
            self.latency.with_label_values(&["0.5"]).set(p50 / 1000.0);
            self.latency.with_label_values(&["0.99"]).set(p99 / 1000.0);
        }
        self.memory.set(stats::memory_bytes().unwrap_or_default() as f64);
        self.cpu.inc_by((stats::cpu_seconds() - self.cpu.get()).max(0.0));
        if let Some(history) = &shared.history {
            let health = history.health();
            self.history_waiting.set(health.waiting as i64);
            up_to(&self.history_predictions, health.predictions);
        }
        let views = app.engine.views();
        self.symbols.set(views.len() as i64);
        let now = now();
        for view in views {
            if let Some(at) = view.shown().heard_at {
                let age = (now - at).max(0) as f64 / 1000.0;
                self.staleness.with_label_values(&[&view.symbol]).set(age);
            }
        }
        self.model.reset();
        let model = shared.model();
        let facts = &model.manifest.facts;
        self.model.with_label_values(&[&facts.name, &facts.version, model.content_hash()]).set(1.0);
    }
}

pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Result<Response<Body>, Fault> {
    app.metrics.refresh(&app);
    let mut text = Vec::new();
    let encoder = TextEncoder::new();
    encoder
        .encode(&app.metrics.registry.gather(), &mut text)
        .map_err(|error| Fault::internal(error.to_string()))?;
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4"));
    Ok(response)
}

/// The statuses that the service answers with, as text without making one for each request.
fn status_text(status: u16) -> &'static str {
    match status {
        200 => "200",
        400 => "400",
        401 => "401",
        404 => "404",
        405 => "405",
        413 => "413",
        415 => "415",
        422 => "422",
        425 => "425",
        500 => "500",
        503 => "503",
        504 => "504",
        _ => "other",
    }
}
