//! What happens, for those who listen.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::broadcast;

/// Events that a slow listener may be behind.
const BACKLOG: usize = 1024;

/// Something that happened, as text.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    /// None when it is about the whole service.
    pub(crate) symbol: Option<String>,
    pub(crate) data: Bytes,
}

/// Tells every listener; one that is too slow is told that it missed some.
#[derive(Debug)]
pub(crate) struct Events {
    sender: broadcast::Sender<Event>,
    next: AtomicU64,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::Sender::new(BACKLOG), next: AtomicU64::new(1) }
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }

    /// Tells of something. Costs next to nothing when nobody listens.
    pub(crate) fn tell(&self, name: &'static str, symbol: Option<&str>, about: &impl Serialize) {
        if self.sender.receiver_count() == 0 {
            return;
        }
        let Ok(data) = serde_json::to_vec(about) else { return };
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        // An error means that the last listener left meanwhile.
        let _ = self.sender.send(Event { id, name, symbol: symbol.map(str::to_owned), data: data.into() });
    }
}
