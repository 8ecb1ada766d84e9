//! Bars on standard input while serving, one JSON object a line.

use tokio::io::{AsyncBufReadExt, BufReader, stdin};

use crate::live::bar_line::BarLine;
use crate::live::engine::{Engine, now};

/// Reads until the input ends. A line that is no bar is told of and left out.
pub(crate) async fn run(engine: &Engine) {
    let shared = &engine.shared;
    shared.tell_feed(|feed| (feed.kind, feed.state) = ("stdin", "live"));
    let mut input = BufReader::new(stdin());
    let mut bytes = Vec::new();
    let mut number = 0_u64;
    loop {
        number += 1;
        bytes.clear();
        let line = match input.read_until(b'\n', &mut bytes).await {
            Ok(0) => break,
            // What is no text is no bar either.
            Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => {
                shared.tell_feed(|feed| {
                    (feed.state, feed.detail) = ("down", format!("standard input: {error}"));
                });
                return;
            }
        };
        if line.trim().is_empty() {
            continue;
        }
        let timeframe = shared.model().pipeline.core().timeframe;
        let read = serde_json::from_str::<BarLine>(&line).map_err(|error| error.to_string());
        let taken = read.and_then(|line| {
            let symbol = line.symbol.clone().unwrap_or_else(|| "STDIN".to_owned());
            let bar = line.bar(timeframe)?;
            // It would make every true bar a late one.
            if bar.close_time.millis() > now() + timeframe.millis() {
                return Err(format!("it closes at {}, which is still to come", bar.close_time));
            }
            Ok((symbol, bar))
        });
        match taken {
            Ok((symbol, bar)) => {
                let begun = engine.begin(&symbol, Vec::new()).await;
                if let Err(error) = begun {
                    tracing::warn!("line {number}: {error:#}");
                    continue;
                }
                let now = now();
                if engine.bar(&symbol, bar, false).await.is_err() {
                    break;
                }
                shared.tell_feed(|feed| feed.last_message_at = Some(now));
            }
            Err(why) => tracing::warn!("line {number} is left out: {why}"),
        }
    }
    shared.tell_feed(|feed| (feed.state, feed.detail) = ("ended", "standard input has ended".to_owned()));
}
