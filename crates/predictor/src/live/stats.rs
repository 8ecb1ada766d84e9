//! Numbers about the service itself.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use market::Prediction;

/// Predictions whose latency is kept.
const LATENCIES: usize = 2048;

/// Counts since the process began.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    pub(crate) requests: AtomicU64,
    pub(crate) shed: AtomicU64,
    pub(crate) predictions: AtomicU64,
    pub(crate) fallbacks: AtomicU64,
    pub(crate) bars: AtomicU64,
    /// Seconds from a bar to its prediction, the newest ones.
    latencies: Mutex<VecDeque<f64>>,
}

impl Stats {
    /// A bar is done.
    pub(crate) fn bar(&self, seconds: f64) {
        self.bars.fetch_add(1, Ordering::Relaxed);
        let mut latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        if latencies.len() == LATENCIES {
            latencies.pop_front();
        }
        latencies.push_back(seconds);
    }

    /// A prediction was told.
    pub(crate) fn prediction(&self, prediction: &Prediction) {
        self.predictions.fetch_add(1, Ordering::Relaxed);
        if prediction.fallback_level > 0 {
            self.fallbacks.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Milliseconds that half of the newest bars, and 99 of 100, took at most; none before the first.
    pub(crate) fn latency_ms(&self) -> Option<(f64, f64)> {
        let latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<f64> = latencies.iter().copied().collect();
        drop(latencies);
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| sorted.get(((sorted.len() - 1) as f64 * share) as usize).map(|s| s * 1000.0);
        if sorted.is_empty() { None } else { at(0.5).zip(at(0.99)) }
    }
}

/// Bytes of memory that the process holds; none where the system does not tell.
pub(crate) fn memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// Seconds of CPU time that the process has used.
pub(crate) fn cpu_seconds() -> f64 {
    cpu_time::ProcessTime::now().as_duration().as_secs_f64()
}
