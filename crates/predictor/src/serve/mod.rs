//! `predictor serve`: the engine behind HTTP.
//!
//! A request's way: `listen` → `guard` (id, token, limits) → one of `newest`, `past`, `predict`, `status`, `oip`, `mlflow`, `events`, `metrics`, `assets` →
//! `guard` again, which gives faults the form of their protocol. Beside it run the feed, `reload`, `supervise` and the `webhook`.

mod answer;
mod assets;
pub(crate) mod demo;
mod events;
mod fault;
mod guard;
mod listen;
mod metrics;
mod mlflow;
mod newest;
mod oip;
mod openapi;
mod past;
mod predict;
mod query;
mod reload;
mod rows;
mod status;
mod supervise;
mod webhook;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;
use market::{Bar, BarSeries};
use moka::sync::Cache;
use regime::{SignalRules, SizingRules};
use tokio::sync::{Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;

use crate::cli::ServeArguments;
use crate::feed::{self, Addresses, Source};
use crate::inline::compute_here;
use crate::live::engine::{Engine, Settings};
use crate::live::model::LiveModel;
use crate::serve::fault::Fault;
use crate::serve::guard::{Limits, Token};
use crate::serve::metrics::Metrics;
use crate::serve::supervise::Watched;

/// Answers to posted bars are remembered this long.
const REMEMBERED: Duration = Duration::from_mins(5);
/// Bytes of answers that are remembered.
const REMEMBERED_BYTES: u64 = 32 << 20;
/// Threads that requests and symbols share; members are asked on others.
const THREADS: usize = 2;
/// Threads that compute, at most; they are kept.
const COMPUTING: usize = 64;

/// What requests share.
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) token: Option<Token>,
    pub(crate) limits: Limits,
    /// Answers to posted bars, by the hash of model and body.
    pub(crate) cache: Cache<[u8; 32], Bytes>,
    pub(crate) metrics: Metrics,
    pub(crate) listeners: Arc<Semaphore>,
    /// Changed once, when the service ends.
    pub(crate) ends: watch::Sender<bool>,
    pub(crate) is_ending: AtomicBool,
    /// True when bars do not follow this machine's clock, so that silence says nothing.
    pub(crate) feed_ends: bool,
    openapi: Bytes,
}

/// What a service begins with.
struct Begun {
    model: LiveModel,
    /// What is looked at for another champion; nothing for the demonstration.
    watched: Option<PathBuf>,
    demo: Option<demo::Demo>,
    /// Bars of before, by symbol.
    warm: Vec<BarSeries>,
    replayed: Option<BarSeries>,
}

/// Serves until the process is told to end.
pub(crate) fn run(arguments: &ServeArguments, out: &mut dyn Write) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .max_blocking_threads(COMPUTING)
        .thread_keep_alive(Duration::from_hours(24))
        .on_thread_start(compute_here)
        .enable_all()
        .build()
        .context("can't start threads")?;
    let begun = begin(arguments)?;
    let said = runtime.block_on(serve(arguments, begun, out));
    // A read of standard input can't be called off; it ends with the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    said
}

fn begin(arguments: &ServeArguments) -> Result<Begun> {
    if arguments.demo {
        let demo = demo::Demo::unpack()?;
        let model = LiveModel::load(&demo.bundle).context("the demonstration's own bundle")?;
        return Ok(Begun { model, watched: None, demo: Some(demo), warm: Vec::new(), replayed: None });
    }
    let Some(name) = &arguments.model else {
        bail!("give --model DIR|NAME[@ALIAS], or --demo for a first look");
    };
    let model = LiveModel::load(name)?;
    feed::check(&arguments.feed, model.pipeline.feature_set().references())?;
    let core = model.pipeline.core();
    let load = |path: &PathBuf| -> Result<BarSeries> {
        let options = data::LoadOptions {
            max_missing_bars: Some(core.gaps.max_missing_bars),
            ..data::LoadOptions::default()
        };
        let series = data::load(path, &options)?.series;
        if series.timeframe() != core.timeframe {
            bail!(
                "{} holds {} bars, {} takes {} bars",
                path.display(),
                series.timeframe(),
                model.version,
                core.timeframe
            );
        }
        Ok(series)
    };
    let warm = arguments.warm.iter().map(load).collect::<Result<_>>().context("--warm")?;
    let replayed = match &arguments.feed {
        Source::Replay(path) => Some(load(path).context("--feed replay")?),
        _ => None,
    };
    Ok(Begun { model, watched: Some(name.clone()), demo: None, warm, replayed })
}

async fn serve(arguments: &ServeArguments, begun: Begun, out: &mut dyn Write) -> Result<()> {
    let Begun { model, watched, demo, warm, replayed } = begun;
    let token = arguments.token_file.as_ref().map(token).transpose()?;
    let listener = listen::bind(arguments.bind, token.is_some()).await?;
    let address = listener.local_addr().context("no address")?;
    let settings = Settings {
        deadline: Duration::from_millis(arguments.deadline_ms),
        stale_after: Duration::from_secs(arguments.ttl_s),
        signals: SignalRules {
            transition: arguments.transition,
            minimum: arguments.minimum.min(arguments.transition),
            sizing: SizingRules { base: arguments.base_size, cap: arguments.largest_size },
            ..SignalRules::default()
        },
        alerts: arguments.alerts,
        most_symbols: arguments.most_symbols,
    };
    let webhook = arguments.webhook.as_deref().map(webhook::start).transpose()?;
    let history = match (&demo, &arguments.history) {
        (Some(demo), None) => Some(demo.history.clone()),
        (_, history) => history.clone(),
    };
    let model = Arc::new(model);
    let engine = Engine::new(Arc::clone(&model), settings, history.as_deref(), webhook)?;
    // Symbols of the history go on at once; those of files begin with their bars.
    for series in &warm {
        engine.begin(series.symbol(), series.bars().to_vec()).await?;
    }
    if matches!(arguments.feed, Source::None | Source::Stdin) {
        resume(&engine).await?;
    }
    let is_live = matches!(arguments.feed, Source::Binance(_)) && demo.is_none();
    let app = Arc::new(App {
        engine: engine.clone(),
        token,
        limits: Limits::new(
            Duration::from_millis(arguments.request_timeout_ms),
            arguments.most_body_bytes(),
            format!("{:x}", engine.shared.started_at),
        ),
        cache: Cache::builder()
            .time_to_live(REMEMBERED)
            .weigher(|_, answer: &Bytes| answer.len() as u32)
            .max_capacity(REMEMBERED_BYTES)
            .build(),
        metrics: Metrics::new()?,
        listeners: Arc::new(Semaphore::new(events::LISTENERS)),
        ends: watch::Sender::new(false),
        is_ending: AtomicBool::new(false),
        feed_ends: !is_live,
        openapi: openapi::document(),
    });
    let mut beside = vec![tokio::spawn(supervise::run(
        engine.clone(),
        Watched {
            is_live,
            most_memory: arguments.memory_limit_mb << 20,
            retention: Duration::from_hours(24 * arguments.retention_days),
        },
    ))];
    if let Some(demo) = &demo {
        beside.push(tokio::spawn(feed::demonstrate(
            engine.clone(),
            demo.series.clone(),
            demo.begun,
            demo::SPEED,
        )));
    } else {
        let addresses = Addresses { stream: arguments.stream_url.clone(), rest: arguments.rest_url.clone() };
        beside.push(tokio::spawn(feed::run(
            engine.clone(),
            arguments.feed.clone(),
            addresses,
            replayed,
            arguments.speed,
        )));
    }
    if let Some(name) = watched {
        let every = Duration::from_secs(arguments.reload_every_s);
        beside.push(tokio::spawn(reload::watch(engine.clone(), name, every)));
    }
    writeln!(out, "{} is served at http://{address}", model.version)?;
    out.flush()?;
    let ending = Arc::clone(&app);
    listen::serve(listener, router(&app), async move {
        told_to_end().await;
        ending.is_ending.store(true, Ordering::Release);
        ending.ends.send_replace(true);
    })
    .await;
    for task in beside {
        task.abort();
    }
    engine.keep().await;
    tracing::info!("ended: every request was answered, and what the symbols remember is kept");
    Ok(())
}

/// Symbols that the history knows and that have bars enough to go on.
async fn resume(engine: &Engine) -> Result<()> {
    let Some(reader) = engine.shared.reader() else { return Ok(()) };
    for symbol in reader?.symbols()? {
        engine.begin(&symbol, Vec::<Bar>::new()).await?;
    }
    Ok(())
}

fn token(path: &PathBuf) -> Result<Token> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("can't read the token {}", path.display()))?;
    let text = text.trim();
    if text.len() < 16 {
        bail!(
            "the token in {} has {} characters; give it 16 or more, such as those of: openssl rand -hex 32",
            path.display(),
            text.len()
        );
    }
    Ok(Token::new(text))
}

/// Until the process is asked to end: Ctrl-C or SIGTERM.
async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// Every route. Those of the document are the same: a test compares them.
pub(crate) fn router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/", get(assets::page))
        .route("/dashboard.css", get(assets::style))
        .route("/dashboard.js", get(assets::script))
        .route("/livez", get(status::live))
        .route("/readyz", get(status::ready))
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(openapi))
        .route("/v1/status", get(status::status))
        .route("/v1/regime/{symbol}", get(newest::regime))
        .route("/v1/signals/{symbol}", get(newest::signals))
        .route("/v1/bars/{symbol}", get(newest::bars))
        .route("/v1/history", get(past::history))
        .route("/v1/history/summary", get(past::summary))
        .route("/v1/monitoring", get(status::monitoring))
        .route("/v1/models", get(status::models))
        .route("/v1/events", get(events::events))
        .route("/v1/predict", post(predict::predict))
        .route("/v2", get(oip::server))
        .route("/v2/health/live", get(oip::health_live))
        .route("/v2/health/ready", get(oip::health_ready))
        .route("/v2/models/{name}", get(oip::metadata))
        .route("/v2/models/{name}/ready", get(oip::model_ready))
        .route("/v2/models/{name}/infer", post(oip::infer))
        .route("/v2/models/{name}/versions/{version}", get(oip::version_metadata))
        .route("/v2/models/{name}/versions/{version}/ready", get(oip::version_ready))
        .route("/v2/models/{name}/versions/{version}/infer", post(oip::version_infer))
        .route("/invocations", post(mlflow::invocations))
        .route("/ping", get(mlflow::ping))
        .route("/health", get(mlflow::health))
        .route("/version", get(mlflow::version))
        .fallback(status::nothing_here)
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(false))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Fault::internal("the request failed (a panic); the service goes on, please report the request")
                .into_response()
        }))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(Arc::clone(app), guard::guard))
        .with_state(Arc::clone(app))
}

async fn openapi(axum::extract::State(app): axum::extract::State<Arc<App>>) -> answer::Answer {
    Ok(answer::json_bytes(app.openapi.clone()))
}
