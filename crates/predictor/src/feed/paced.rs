//! Bars of a file, as if they came now.

use std::time::Duration;

use market::{Bar, BarSeries};
use tokio::time::{Instant, sleep_until};

use crate::feed::Speed;
use crate::live::engine::{Engine, now};

/// Gives the bars from `begun` on in order, each when it is due; those before are the past that the state begins with.
pub(crate) async fn run(engine: &Engine, kind: &'static str, series: &BarSeries, begun: usize, speed: Speed) {
    let shared = &engine.shared;
    let (before, ahead) = series.bars().split_at(begun);
    shared.tell_feed(|feed| (feed.kind, feed.state) = (kind, "live"));
    let symbol = series.symbol();
    if let Err(error) = engine.begin(symbol, before.to_vec()).await {
        shared.tell_feed(|feed| (feed.state, feed.detail) = ("down", format!("{error:#}")));
        return;
    }
    let mut due = Instant::now();
    let mut previous: Option<&Bar> = None;
    for bar in ahead {
        if let (Speed::Times(times), Some(previous)) = (speed, previous) {
            let bars = (bar.open_time.millis() - previous.open_time.millis()) as f64
                / series.timeframe().millis() as f64;
            // A night or a hole is not waited for.
            let seconds = bars.min(1.0) * series.timeframe().millis() as f64 / 1000.0 / times;
            due += Duration::from_secs_f64(seconds);
            sleep_until(due).await;
        }
        previous = Some(bar);
        let now = now();
        if engine.bar(symbol, *bar, false).await.is_err() {
            break;
        }
        shared.tell_feed(|feed| feed.last_message_at = Some(now));
    }
    shared.tell_feed(|feed| (feed.state, feed.detail) = ("ended", "every bar has come".to_owned()));
}
