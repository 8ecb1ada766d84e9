//! Server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::unfold;
use tokio::sync::broadcast::error::RecvError;

use crate::serve::App;
use crate::serve::fault::Fault;
use crate::serve::query::Query;

/// Listeners at once.
pub(crate) const LISTENERS: usize = 256;
/// Silence is broken after this long.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Tells what happens, of one symbol or of all, until the client leaves or the service ends.
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<impl IntoResponse, Fault> {
    let query = Query::parse(query.as_deref(), &["symbol"])?;
    let symbol = query.text("symbol").map(str::to_owned);
    let place = Arc::clone(&app.listeners).try_acquire_owned().map_err(|_| Fault::overloaded())?;
    let heard = app.engine.shared.events.listen();
    let ends = app.ends.subscribe();
    let stream = unfold((heard, ends, place, symbol), |(mut heard, mut ends, place, symbol)| async move {
        loop {
            let event = tokio::select! {
                event = heard.recv() => event,
                _ = ends.changed() => return None,
            };
            let event = match event {
                Ok(event) => event,
                Err(RecvError::Lagged(missed)) => {
                    let told = Event::default().event("lagged").data(format!("{{\"missed\":{missed}}}"));
                    return Some((Ok::<_, Infallible>(told), (heard, ends, place, symbol)));
                }
                Err(RecvError::Closed) => return None,
            };
            let is_for_us = symbol.is_none() || event.symbol.is_none() || event.symbol == symbol;
            if let Some(text) = std::str::from_utf8(&event.data).ok().filter(|_| is_for_us) {
                let told = Event::default().id(event.id.to_string()).event(event.name).data(text);
                return Some((Ok(told), (heard, ends, place, symbol)));
            }
        }
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
