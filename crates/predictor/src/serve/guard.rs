//! What every request passes: an id, the token, the limits, and its answer's form.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::middleware::Next;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::serve::App;
use crate::serve::fault::{Fault, Protocol};

/// Requests that are worked on at once; more are refused.
const AT_ONCE: usize = 512;
/// Computations that wait for a thread; more are refused.
const WAITING: usize = 64;
/// Longer ids of clients are not taken over.
const LONGEST_ID: usize = 64;

/// The hash of the one token that opens the service. Hashes are compared in constant time, so that nothing is learnt from how
/// long it takes, not even the token's length.
pub(crate) struct Token([u8; 32]);

impl Token {
    pub(crate) fn new(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    fn opens(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given
            .and_then(|value| value.split_once(' '))
            .filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
        let hash: [u8; 32] = Sha256::digest(given.map_or("", |(_, token)| token.trim()).as_bytes()).into();
        given.is_some() && bool::from(hash.ct_eq(&self.0))
    }
}

/// What bounds the work.
pub(crate) struct Limits {
    at_once: Arc<Semaphore>,
    threads: Arc<Semaphore>,
    waiting: AtomicUsize,
    pub(crate) request: Duration,
    pub(crate) body_bytes: usize,
    next_id: AtomicU64,
    /// Begins every id of this process.
    process: String,
}

impl Limits {
    pub(crate) fn new(request: Duration, body_bytes: usize, process: String) -> Self {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            threads: Arc::new(Semaphore::new(threads)),
            waiting: AtomicUsize::new(0),
            request,
            body_bytes,
            next_id: AtomicU64::new(1),
            process,
        }
    }

    fn id(&self, headers: &HeaderMap) -> String {
        let given = headers.get("x-request-id").and_then(|value| value.to_str().ok());
        let is_plain = |id: &&str| {
            (1..=LONGEST_ID).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        given.filter(is_plain).map_or_else(
            || format!("{}-{:x}", self.process, self.next_id.fetch_add(1, Ordering::Relaxed)),
            str::to_owned,
        )
    }

    /// Runs a computation on a thread of its own, no more of them at once than there are cores. What nobody waits for any more
    /// keeps its place until it is done, so that a flood of requests that are given up can't pile up work.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let waiting = Waiting::begin(&self.waiting).ok_or_else(Fault::overloaded)?;
        let permit = Arc::clone(&self.threads).acquire_owned().await.map_err(|_| Fault::overloaded())?;
        drop(waiting);
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|_| {
            Fault::internal(
                "the computation failed (a panic); the service goes on, please report the request",
            )
        })
    }
}

/// One of those that wait.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Option<Self> {
        let before = count.fetch_add(1, Ordering::AcqRel);
        let waiting = Self(count);
        (before < WAITING).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The bytes of a request, inflated where they were packed; too many are refused as soon as they are too many.
pub(crate) async fn body(app: &App, request: Request) -> Result<(HeaderMap, Bytes), Fault> {
    let (parts, body) = request.into_parts();
    let limit = app.limits.body_bytes;
    let too_large = || {
        Fault::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("the body has more than {limit} bytes (unpacked); send less at once"),
        )
    };
    let announced = parts.headers.get(axum::http::header::CONTENT_LENGTH);
    let announced: Option<usize> = announced.and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    match to_bytes(body, limit).await {
        Ok(bytes) => Ok((parts.headers, bytes)),
        Err(error) => {
            let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
            while let Some(inner) = cause {
                if inner.to_string().contains("length limit") {
                    return Err(too_large());
                }
                cause = inner.source();
            }
            Err(Fault::bad_request(
                "the body could not be read to its end, or is not packed as its Content-Encoding says",
            ))
        }
    }
}

/// True when a path is open to everybody.
fn is_open(path: &str) -> bool {
    matches!(
        path,
        "/" | "/dashboard.css"
            | "/dashboard.js"
            | "/livez"
            | "/readyz"
            | "/metrics"
            | "/ping"
            | "/health"
            | "/version"
            | "/openapi.json"
    )
}

/// Around every request.
pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response<Body> {
    let started = Instant::now();
    let id = app.limits.id(request.headers());
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let protocol = Protocol::of(&path);
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    app.engine.shared.stats.requests.fetch_add(1, Ordering::Relaxed);
    let limit = app.limits.request;
    let answered =
        if !is_open(&path) && app.token.as_ref().is_some_and(|token| !token.opens(request.headers())) {
            Err(Fault::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "send the token that the service was started with as Authorization: Bearer TOKEN",
            ))
        } else if let Ok(_permit) = Arc::clone(&app.limits.at_once).try_acquire_owned() {
            timeout(limit, next.run(request)).await.map_err(|_| Fault::timed_out(limit.as_millis()))
        } else {
            Err(Fault::overloaded())
        };
    let mut response = match answered {
        Ok(response) => shaped(response, protocol, &id),
        Err(fault) => fault.response(protocol, &id),
    };
    let status = response.status();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        app.engine.shared.stats.shed.fetch_add(1, Ordering::Relaxed);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response.headers_mut().insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    let seconds = started.elapsed().as_secs_f64();
    app.metrics.request(route.as_deref().unwrap_or("none"), status.as_u16(), seconds);
    if status.is_server_error() {
        tracing::warn!(request_id = id, %method, path, status = status.as_u16(), ms = seconds * 1000.0, "request");
    } else {
        tracing::debug!(request_id = id, %method, path, status = status.as_u16(), ms = seconds * 1000.0, "request");
    }
    response
}

/// The answer in the form of its protocol.
fn shaped(mut response: Response<Body>, protocol: Protocol, id: &str) -> Response<Body> {
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        return fault.response(protocol, id);
    }
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        // Which methods there are is added to the headers outside.
        let fault = Fault::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "the header Allow says which methods there are here",
        );
        return fault.response(protocol, id);
    }
    if response.status().is_client_error() || response.status().is_server_error() {
        let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
        if !is_json {
            // Something before our handlers refused it.
            let status = response.status();
            let message = match status {
                StatusCode::UNSUPPORTED_MEDIA_TYPE => "Content-Encoding may be gzip or nothing",
                _ => status.canonical_reason().unwrap_or("refused"),
            };
            return Fault::new(status, "refused", message).response(protocol, id);
        }
    }
    response
}
