//! Rules about the service itself, and the history's housekeeping.

use std::time::Duration;

use monitoring::Severity;

use crate::live::engine::{Engine, now};
use crate::live::stats;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// A bar that has not come so long after it should have is an alert, in milliseconds.
const OVERDUE: i64 = 30_000;
/// Looks between two prunings: an hour.
const PRUNE_EVERY: u64 = 1800;

/// What is watched beside the predictions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    /// Bars come by themselves as time passes.
    pub(crate) is_live: bool,
    /// More memory is an alert.
    pub(crate) most_memory: u64,
    /// Rows of the history are kept so long.
    pub(crate) retention: Duration,
}

/// Looks again and again.
pub(crate) async fn run(engine: Engine, watched: Watched) {
    let shared = &engine.shared;
    let mut looks = 0_u64;
    loop {
        tokio::time::sleep(EVERY).await;
        looks += 1;
        let now = now();
        let deadline = shared.settings.deadline.as_secs_f64() * 1000.0;
        let slow = shared.stats.latency_ms().filter(|(_, p99)| *p99 > deadline);
        shared.check("latency", None, slow.map(|(_, p99)| {
            (Severity::Medium, format!("one bar in 100 takes {p99:.0} ms to its prediction, more than the deadline of {deadline:.0} ms; serve fewer symbols or a smaller model"))
        }));
        let memory = stats::memory_bytes().filter(|bytes| *bytes > watched.most_memory);
        shared.check(
            "memory",
            None,
            memory.map(|bytes| {
                (
                    Severity::High,
                    format!("the process holds {} MB, more than {}", bytes >> 20, watched.most_memory >> 20),
                )
            }),
        );
        let health = shared.history.as_ref().map(history::Writer::health).unwrap_or_default();
        shared.check("history", None, health.error.map(|error| {
            (Severity::High, format!("the history is not written ({error}); {} steps wait in memory, {} are lost; mend the disk", health.waiting, health.lost))
        }));
        let feed = shared.feed();
        let is_down = feed.state != "live" && now > feed.since + OVERDUE;
        shared.check(
            "feed",
            None,
            (watched.is_live && is_down)
                .then(|| (Severity::High, format!("the feed is {}: {}", feed.state, feed.detail))),
        );
        if watched.is_live {
            let timeframe = shared.model().pipeline.core().timeframe.millis();
            for view in engine.views() {
                let newest = view.shown().bars.back().map(|bar| bar.close_time.millis());
                let overdue = newest.filter(|newest| now > newest + timeframe + OVERDUE);
                shared.check(
                    "staleness",
                    Some(&view.symbol),
                    overdue.map(|newest| {
                        let words = format!(
                            "no bar has come for {} s; answers are drawn from older ones and say so",
                            (now - newest) / 1000
                        );
                        (Severity::High, words)
                    }),
                );
            }
        }
        if let (true, Some(history)) = (looks.is_multiple_of(PRUNE_EVERY), &shared.history) {
            let kept = shared.model().kept_bars();
            for view in engine.views() {
                let newest = view.shown().bars.back().map(|bar| bar.close_time.millis().min(now));
                if let Some(newest) = newest {
                    history.prune(&view.symbol, newest - watched.retention.as_millis() as i64, kept);
                }
            }
        }
    }
}
