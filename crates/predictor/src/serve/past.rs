//! What was predicted, and what came.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use history::Filter;
use market::Timestamp;
use serde_json::{Value, json};

use crate::live::engine::now;
use crate::serve::App;
use crate::serve::answer::{Answer, json_value};
use crate::serve::fault::Fault;
use crate::serve::query::Query;

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
