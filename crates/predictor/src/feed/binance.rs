//! An exchange's public klines: the stream is a hint, REST is the authority.
//!
//! On connecting, on a hole and when a bar does not come in time, the bars behind the newest one are asked for by REST. Nothing
//! here depends on this machine's clock once a message has come: the exchange's event time says what has closed.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use exchange::{Connection, Interval, Patience, Product, RetryPolicy, Sleep, Symbol, closed_bars};
use futures_util::StreamExt;
use market::{Bar, Timeframe, Timestamp};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use crate::feed::kline_event::KlineEvent;
use crate::live::engine::{Engine, now};

/// The public market-data stream.
const STREAM: &str = "wss://data-stream.binance.vision";
/// The exchange ends a connection after 24 hours; it is replaced before.
const PLANNED: Duration = Duration::from_hours(23);
/// A stream that says nothing for so long is dead: there are pings every 20 s.
const SILENT: Duration = Duration::from_mins(1);
/// First and longest bound of the wait before the next attempt.
const WAITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_mins(1));
/// A bar that has not come so long after its close is asked for, in milliseconds.
const OVERDUE: i64 = 10_000;
/// Between two questions about the same symbol.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// Longest message.
const LONGEST: usize = 64 << 10;
/// Bars that are asked for beyond those that the model needs, so that the label is warm too.
const MORE: usize = 64;

/// Where to connect to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// Of the stream, such as `ws://127.0.0.1:9000`; the public one without.
    pub(crate) stream: Option<String>,
    /// Of REST; the public one without.
    pub(crate) rest: Option<String>,
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Feed<'a> {
    engine: &'a Engine,
    symbols: &'a [Symbol],
    interval: Interval,
    addresses: &'a Addresses,
    /// The exchange's clock: the newest event time.
    clock: Option<Timestamp>,
    /// When each symbol was last asked for by REST.
    asked: HashMap<String, Instant>,
    /// Open time of the newest bar of each symbol that was handed over; it may still wait to be taken.
    handed: HashMap<String, Timestamp>,
    /// Symbols whose past was asked for again, after they had begun without it.
    warmed: HashSet<String>,
}

/// Brings bars for ever.
pub(crate) async fn run(engine: &Engine, symbols: &[Symbol], addresses: &Addresses) {
    let shared = &engine.shared;
    shared.tell_feed(|feed| (feed.kind, feed.state) = ("binance", "connecting"));
    let interval = match Interval::new(shared.model().pipeline.core().timeframe) {
        Ok(interval) => interval,
        Err(error) => {
            shared.tell_feed(|feed| (feed.state, feed.detail) = ("down", error.to_string()));
            return;
        }
    };
    let mut feed = Feed {
        engine,
        symbols,
        interval,
        addresses,
        clock: None,
        asked: HashMap::new(),
        handed: HashMap::new(),
        warmed: HashSet::new(),
    };
    for symbol in symbols {
        if let Err(error) = engine.begin(symbol.as_str(), Vec::new()).await {
            tracing::error!("{error:#}");
        }
        feed.fill(symbol.as_str()).await;
    }
    let mut failures = 0;
    loop {
        shared.tell_feed(|feed| feed.state = "connecting");
        let began = Instant::now();
        let ended = match feed.connect().await {
            Ok(stream) => feed.read(stream).await,
            Err(error) => Err(error),
        };
        let planned = ended.is_ok();
        // A connection that held for a while was a good one.
        failures = if planned || began.elapsed() > WAITS.1 { 0 } else { failures + 1 };
        let detail =
            ended.err().map_or("connected anew, as planned".to_owned(), |error| format!("{error:#}"));
        let wait = if planned { Duration::ZERO } else { wait(failures) };
        shared.tell_feed(|feed| {
            feed.reconnects += 1;
            (feed.state, feed.detail) = ("waiting", detail);
        });
        sleep(wait).await;
    }
}

/// Full jitter below a bound that doubles.
fn wait(failures: u32) -> Duration {
    let bound = WAITS.0.saturating_mul(1 << failures.min(10)).min(WAITS.1);
    // Each hasher of the standard library has its own random keys.
    let fraction = (RandomState::new().hash_one(0) >> 11) as f64 / (1_u64 << 53) as f64;
    bound.mul_f64(fraction)
}

impl Feed<'_> {
    /// Open time of the newest bar of a symbol that was handed over or taken.
    fn newest(&self, symbol: &str) -> Option<Timestamp> {
        self.handed.get(symbol).copied().max(self.engine.newest_bar(symbol))
    }

    async fn hand_over(&mut self, symbol: &str, bar: Bar, is_past: bool) -> Result<()> {
        let newest = self.newest(symbol).max(Some(bar.open_time));
        self.handed.extend(newest.map(|newest| (symbol.to_owned(), newest)));
        self.engine.bar(symbol, bar, is_past).await
    }

    fn timeframe(&self) -> Timeframe {
        self.interval.timeframe()
    }

    async fn connect(&self) -> Result<Stream> {
        let names: Vec<String> = self
            .symbols
            .iter()
            .map(|symbol| format!("{}@kline_{}", symbol.as_str().to_lowercase(), self.interval))
            .collect();
        let base = self.addresses.stream.as_deref().unwrap_or(STREAM).trim_end_matches('/');
        let url = format!("{base}/stream?streams={}", names.join("/"));
        let connector = if url.starts_with("wss:") { Some(Connector::Rustls(tls()?)) } else { None };
        let config = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
        let connecting = connect_async_tls_with_config(url.as_str(), Some(config), true, connector);
        let (stream, _) = timeout(Duration::from_secs(15), connecting)
            .await
            .map_err(|_| anyhow!("{base} does not answer within 15 s"))?
            .with_context(|| format!("can't connect to {base}"))?;
        Ok(stream)
    }

    /// Reads until the planned end (Ok) or a failure.
    async fn read(&mut self, mut stream: Stream) -> Result<()> {
        let shared = Arc::clone(&self.engine.shared);
        let until = Instant::now() + PLANNED;
        let mut silent = 0;
        let mut is_live = false;
        let mut look = tokio::time::interval(Duration::from_secs(1));
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let message = tokio::select! {
                message = stream.next() => message,
                _ = look.tick() => {
                    // Only what was listened to counts: questions to REST take a while.
                    silent += 1;
                    if silent > SILENT.as_secs() {
                        bail!("the stream has been silent for {} s", SILENT.as_secs());
                    }
                    if Instant::now() > until {
                        return Ok(());
                    }
                    if is_live {
                        self.look_for_overdue().await;
                    }
                    continue;
                }
            };
            let message = message.context("the stream was closed")?.context("the stream broke")?;
            silent = 0;
            let Message::Text(text) = message else {
                if message.is_close() {
                    bail!("the exchange closed the stream");
                }
                // A ping is answered by the library with the next read.
                continue;
            };
            let event = match KlineEvent::parse(&text, self.timeframe()) {
                Ok(Some(event)) => event,
                Ok(None) => continue,
                Err(why) => {
                    tracing::warn!("a message of the exchange was left out: {why}");
                    continue;
                }
            };
            self.clock = self.clock.max(Some(event.at));
            if !is_live {
                is_live = true;
                shared.tell_feed(|feed| (feed.state, feed.detail) = ("live", String::new()));
                // What closed while there was no connection.
                for symbol in self.symbols {
                    self.fill(symbol.as_str()).await;
                }
            }
            let now = now();
            shared.tell_feed(|feed| feed.last_message_at = Some(now));
            if let Some(bar) = event.closed {
                self.closed(&event.symbol, bar).await;
            }
        }
    }

    /// A bar of the stream; those that are missing before it come first.
    async fn closed(&mut self, symbol: &str, bar: Bar) {
        if !self.symbols.iter().any(|known| known.as_str() == symbol) {
            return;
        }
        let newest = self.newest(symbol);
        let is_hole = newest.is_some_and(|newest| bar.open_time > newest.plus_bars(1, self.timeframe()));
        if is_hole || newest.is_none() {
            self.asked.remove(symbol);
            self.fill(symbol).await;
        }
        if let Err(error) = self.hand_over(symbol, bar, false).await {
            tracing::error!("{error:#}");
        }
    }

    /// Asks for bars that should have come.
    async fn look_for_overdue(&mut self) {
        let Some(clock) = self.clock else { return };
        for symbol in self.symbols {
            let newest = self.newest(symbol.as_str());
            let is_overdue = newest.is_none_or(|newest| {
                newest.plus_bars(2, self.timeframe()).millis() + OVERDUE < clock.millis()
            });
            if is_overdue {
                self.fill(symbol.as_str()).await;
            } else if self.engine.view(symbol.as_str()).is_some_and(|view| view.shown().warming_up > 0) {
                self.warm(symbol.as_str()).await;
            } else {
                self.warmed.remove(symbol.as_str());
            }
        }
    }

    /// Asks for the past of a symbol that began without it, because REST was down.
    async fn warm(&mut self, symbol: &str) {
        if self.warmed.contains(symbol) || self.asked.get(symbol).is_some_and(|at| at.elapsed() < ASK_AGAIN) {
            return;
        }
        self.asked.insert(symbol.to_owned(), Instant::now());
        let Some(now) = self.clock else { return };
        let from = now.plus_bars(-self.needed(), self.timeframe());
        if let Some(bars) = self.ask(symbol, [from, now]).await.filter(|bars| !bars.is_empty()) {
            self.warmed.insert(symbol.to_owned());
            let _ = self.engine.before(symbol, bars).await;
        }
    }

    /// Bars that the model and its label need behind them.
    fn needed(&self) -> i64 {
        let model = self.engine.shared.model();
        let core = model.pipeline.core();
        let of_label = self.timeframe().regime_window() + 2 * core.horizon;
        (model.pipeline.required_bars().max(of_label) + MORE) as i64
    }

    /// The bars that REST has between two instants; none when it can't be asked.
    async fn ask(&self, symbol: &str, [from, now]: [Timestamp; 2]) -> Option<Vec<Bar>> {
        let (rest, name, interval) = (self.addresses.rest.clone(), symbol.to_owned(), self.interval);
        let asked = tokio::task::spawn_blocking(move || -> Result<Vec<Bar>> {
            // The stream waits meanwhile: it is asked again soon.
            let retry =
                RetryPolicy { attempts: 2, longest_asked: Duration::from_secs(5), ..RetryPolicy::default() };
            let patience: Box<dyn Patience> = Box::new(Sleep);
            let mut connection = Connection::new(retry, Duration::from_secs(5), patience)?;
            Ok(closed_bars(
                &mut connection,
                rest.as_deref(),
                Product::Spot,
                &name.parse()?,
                interval,
                [from, now],
            )?)
        });
        match asked.await {
            Ok(Ok(bars)) => Some(bars),
            Ok(Err(error)) => {
                tracing::warn!(symbol, "bars from {from} on can't be had by REST: {error:#}");
                self.engine.shared.tell_feed(|feed| feed.detail = format!("REST: {error:#}"));
                None
            }
            Err(_) => None,
        }
    }

    /// Asks REST for the bars behind the newest one and hands them over. Only the newest of them is predicted at; what is older
    /// than one bar is past.
    async fn fill(&mut self, symbol: &str) {
        if self.asked.get(symbol).is_some_and(|at| at.elapsed() < ASK_AGAIN) {
            return;
        }
        self.asked.insert(symbol.to_owned(), Instant::now());
        let shared = Arc::clone(&self.engine.shared);
        let now = self.clock.unwrap_or_else(|| Timestamp::from_millis(now()));
        let timeframe = self.timeframe();
        let earliest = now.plus_bars(-self.needed(), timeframe);
        // A longer absence is not filled: state would restart behind it anyway.
        let from = match self.newest(symbol) {
            Some(newest) => newest.plus_bars(1, timeframe).max(earliest),
            None => earliest,
        };
        if from.plus_bars(1, timeframe) > now {
            return;
        }
        let Some(bars) = self.ask(symbol, [from, now]).await else { return };
        if bars.is_empty() {
            return;
        }
        let n = bars.len();
        for bar in bars {
            let is_past = bar.close_time.plus_bars(1, timeframe) <= now;
            if self.hand_over(symbol, bar, is_past).await.is_err() {
                return;
            }
        }
        shared.tell_feed(|feed| {
            feed.gaps_filled += n as u64;
            if feed.detail.starts_with("REST") {
                feed.detail.clear();
            }
        });
    }
}

/// TLS with the system's certificates.
fn tls() -> Result<Arc<rustls::ClientConfig>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        bail!("the system has no certificates to check the exchange's with; install ca-certificates");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("TLS")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_below_a_bound_that_doubles() {
        for failures in 0..20 {
            let bound = WAITS.0.saturating_mul(1 << failures.min(10)).min(WAITS.1);
            assert!((0..50).all(|_| wait(failures) <= bound));
        }
        assert!(WAITS.0.saturating_mul(1 << 10) > WAITS.1);
    }
}
