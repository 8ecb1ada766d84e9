//! What is known of a symbol now.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use market::Timestamp;
use serde_json::json;

use crate::live::engine::now;
use crate::live::symbol::fallen;
use crate::live::view::{Published, SymbolView};
use crate::serve::App;
use crate::serve::answer::{Answer, json_bytes, json_value};
use crate::serve::fault::Fault;
use crate::serve::query::Query;

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
