//! Showing a download: a bar with bytes and the time left on a terminal, lines elsewhere.

use std::time::{Duration, Instant};

use exchange::{FetchEvent, FetchProgress};
use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressStyle};

use crate::progress::Progress;

/// Where there is no terminal, bytes are told at most this often.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// A download's progress display.
pub(crate) struct ByteProgress {
    progress: Progress,
    bar: Option<ProgressBar>,
    started: Instant,
    said: Instant,
}

impl ByteProgress {
    pub(crate) fn new(quiet: bool) -> Self {
        let progress = Progress::new(quiet);
        let bar = match &progress {
            Progress::Bars(bars) => {
                let style =
                    "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg} ({elapsed}, about {eta} left)";
                let style = ProgressStyle::with_template(style).expect("the template is valid");
                Some(bars.add(ProgressBar::no_length().with_style(style)))
            }
            Progress::Quiet | Progress::Lines => None,
        };
        let now = Instant::now();
        Self { progress, bar, started: now, said: now }
    }

    /// The download is over, well or not.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn bytes(&mut self, done: u64, expected: Option<u64>) {
        if let Some(bar) = &self.bar {
            bar.set_length(expected.unwrap_or(done).max(done));
            bar.set_position(done);
        } else if self.said.elapsed() >= LINE_EVERY {
            self.said = Instant::now();
            let elapsed = self.started.elapsed();
            let left = expected.map_or(String::new(), |expected| {
                let left = elapsed.mul_f64(expected.saturating_sub(done) as f64 / done.max(1) as f64);
                format!(" of about {}, about {} left", HumanBytes(expected), HumanDuration(left))
            });
            self.progress.say(&format!("{}{left}", HumanBytes(done)));
        }
    }
}

impl FetchProgress for ByteProgress {
    fn event(&mut self, event: &FetchEvent<'_>) {
        match event {
            FetchEvent::Bytes { done, expected } => self.bytes(*done, *expected),
            FetchEvent::Started { name } => match &self.bar {
                Some(bar) => bar.set_message((*name).to_owned()),
                None => self.progress.say(name),
            },
            other => self.progress.say(&other.to_string()),
        }
    }
}
