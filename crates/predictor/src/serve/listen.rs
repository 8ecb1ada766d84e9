//! Connections: how many, how long they may be silent, and how they end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// A client must have sent the head of a request by then, also the next one on the same connection.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Requests that are under way are given this long to end.
const ENDS_WITHIN: Duration = Duration::from_secs(10);
/// Files that are left for everything but connections.
const OTHER_FILES: u64 = 256;
/// More connections are closed at once.
const MOST_CONNECTIONS: u64 = 16_384;
/// Bytes of the head of a request.
const LONGEST_HEAD: usize = 64 << 10;

/// Listens on an address; without a token on loopback only.
pub(crate) async fn bind(address: SocketAddr, has_token: bool) -> Result<TcpListener> {
    if !address.ip().is_loopback() && !has_token {
        bail!(
            "{address} can be reached from other machines; start with --token-file FILE, or bind to 127.0.0.1:{}",
            address.port()
        );
    }
    TcpListener::bind(address).await.with_context(|| {
        format!("can't listen on {address}; if another process has the port, end it or choose another one with --bind (port 0 takes a free one)")
    })
}

/// Serves until `ended` comes, then lets requests end that are under way.
pub(crate) async fn serve(listener: TcpListener, router: Router, ended: impl Future<Output = ()>) {
    let files = rlimit::increase_nofile_limit(MOST_CONNECTIONS + OTHER_FILES).unwrap_or(1024);
    let places =
        Arc::new(Semaphore::new(files.saturating_sub(OTHER_FILES).clamp(64, MOST_CONNECTIONS) as usize));
    let graceful = GracefulShutdown::new();
    let mut ended = std::pin::pin!(ended);
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(LONGEST_HEAD)
        .keep_alive(true);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut ended => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of files, most likely: wait until some are closed.
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that leaves or is too slow ends its own connection only.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(ENDS_WITHIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests that took longer than {} s were cut off", ENDS_WITHIN.as_secs());
    }
}
