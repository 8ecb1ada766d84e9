//! Delivery in the background while a run is at work.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::delivery::{Delivered, deliver};
use crate::journal::Journal;
use crate::mlflow::Mlflow;

/// Lines are gathered for this long, so that they go together.
const GATHER: Duration = Duration::from_millis(500);
/// After a failure the next attempt waits this long, then twice as long, up to the most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A run that is done waits for its delivery at most this long, and not at all for a server that did not answer last time.
const PATIENCE: Duration = Duration::from_mins(1);

/// A thread that delivers a journal.
#[derive(Debug)]
pub struct Sender {
    journal: Arc<Journal>,
    gives_up: Arc<AtomicBool>,
    thread: Option<JoinHandle<Delivered>>,
}

impl Sender {
    /// Starts delivering.
    pub fn start(journal: Arc<Journal>, artifacts: PathBuf, server: Mlflow) -> Self {
        let gives_up = Arc::new(AtomicBool::new(false));
        let (own, ends) = (Arc::clone(&journal), Arc::clone(&gives_up));
        let thread = std::thread::spawn(move || work(&own, &artifacts, &server, &ends));
        Self { journal, gives_up, thread: Some(thread) }
    }

    /// Ends the journal and waits for what can be delivered now; the rest is left for later.
    pub fn finish(mut self) -> Delivered {
        self.journal.close();
        let Some(thread) = self.thread.take() else { return Delivered::default() };
        let began = Instant::now();
        while !thread.is_finished() && began.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.gives_up.store(true, Ordering::Relaxed);
        if thread.is_finished() {
            thread.join().unwrap_or_default()
        } else {
            // It ends with its request; what it has sent by then is known to the next one.
            Delivered { ended: Some("the server is slow".to_owned()), ..Delivered::default() }
        }
    }
}

fn work(journal: &Journal, artifacts: &std::path::Path, server: &Mlflow, ends: &AtomicBool) -> Delivered {
    let mut total = Delivered::default();
    let (mut known, mut pause) = (0, Duration::ZERO);
    loop {
        let (lines, closed) = journal.wait(known, Duration::from_hours(1));
        if ends.load(Ordering::Relaxed) {
            return total;
        }
        if !closed {
            // The end of the run ends it.
            journal.wait(usize::MAX, GATHER);
        }
        match deliver(journal.path(), artifacts, server) {
            Ok(delivered) => {
                total.sent += delivered.sent;
                total.refused.extend(delivered.refused);
                (total.waiting, total.ended) = (delivered.waiting, delivered.ended);
            }
            Err(error) => total.ended = Some(error.to_string()),
        }
        if total.ended.is_none() {
            (known, pause) = (lines, Duration::ZERO);
        }
        // What came while it was being delivered has another turn.
        let (now, closed) = journal.wait(lines, Duration::ZERO);
        if closed && (total.ended.is_some() || now == known) {
            return total;
        }
        if total.ended.is_some() {
            pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            // The end of the run ends the pause.
            let until = Instant::now() + pause;
            while Instant::now() < until && !journal.wait(usize::MAX, Duration::from_millis(200)).1 {}
        }
    }
}
