//! The one thread that writes.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use market::Bar;
use rusqlite::{Connection, params};

use crate::error::HistoryError;
use crate::schema::open_writable;
use crate::step::{Snapshot, Step};
use crate::transaction::{insert_bar, transaction};

/// Commands that wait for the thread.
const QUEUE: usize = 4096;
/// Steps that are kept while the disk refuses.
const KEPT: usize = 200_000;
/// Steps of one transaction.
const BATCH: usize = 512;
/// Between two attempts while the disk refuses.
const RETRY: Duration = Duration::from_millis(500);

/// Told once a step is with the system, or why it is not yet.
pub type Acknowledge = Box<dyn FnOnce(Result<(), String>) + Send>;

enum Command {
    Step(Box<Step>, Option<Acknowledge>),
    Snapshot(Snapshot),
    Revise(String, Bar),
    Prune { symbol: String, before: i64, kept: usize },
    Flush(SyncSender<Result<(), String>>),
    Pages(i64),
    End,
}

/// How the writing goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Why it does not, at present.
    pub error: Option<String>,
    /// Steps that wait in memory because of that.
    pub waiting: usize,
    /// Steps that were given up, because more than 200,000 waited.
    pub lost: u64,
    /// Predictions in the file.
    pub predictions: u64,
    /// Those whose outcome is known.
    pub resolved: u64,
}

/// Writes steps in the order in which they come.
#[derive(Debug)]
pub struct Writer {
    commands: SyncSender<Command>,
    health: Arc<Mutex<Health>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Opens a file, or makes it, and keeps other writers out as long as it lives.
    ///
    /// # Errors
    /// [`HistoryError`] when it is of another format, taken, or can't be opened.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            let unopenable = rusqlite::Error::InvalidPath(parent.to_owned());
            std::fs::create_dir_all(parent)
                .map_err(|_| HistoryError::Open { path: path.to_owned(), cause: unopenable })?;
        }
        let lock_path = path.with_extension("lock");
        let lock = std::fs::File::create(&lock_path).map_err(|_| HistoryError::Taken(path.to_owned()))?;
        lock.try_lock().map_err(|_| HistoryError::Taken(path.to_owned()))?;
        let connection = open_writable(path)?;
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let predictions = count("SELECT coalesce(sum(predictions), 0) FROM days")?.max(0).cast_unsigned();
        let resolved = count("SELECT coalesce(sum(resolved), 0) FROM days")?.max(0).cast_unsigned();
        let health = Arc::new(Mutex::new(Health { predictions, resolved, ..Health::default() }));
        let (commands, received) = sync_channel(QUEUE);
        let shared = Arc::clone(&health);
        let thread = std::thread::Builder::new()
            .name("history".to_owned())
            .spawn(move || {
                // The lock is held until the thread ends.
                let _lock = lock;
                Worker { connection, health: shared, waiting: VecDeque::new(), tried: Instant::now() }
                    .run(&received);
            })
            .map_err(|_| HistoryError::Taken(path.to_owned()))?;
        Ok(Self { commands, health, thread: Some(thread) })
    }

    /// [`Writer::open`] of a file that may have so many pages of 4 KiB; as on a disk that is full, nothing is accepted beyond.
    ///
    /// # Errors
    /// As [`Writer::open`].
    pub fn open_limited(path: &Path, pages: i64) -> Result<Self, HistoryError> {
        let writer = Self::open(path)?;
        writer.allow_pages(pages);
        Ok(writer)
    }

    /// Another limit of pages.
    pub fn allow_pages(&self, pages: i64) {
        let _ = self.commands.send(Command::Pages(pages));
    }

    /// Hands a step over. When the queue is full the step comes back to the caller's acknowledgement as an error and is not
    /// written.
    pub fn record(&self, step: Step, acknowledge: Option<Acknowledge>) {
        match self.commands.try_send(Command::Step(Box::new(step), acknowledge)) {
            Ok(()) => {}
            Err(TrySendError::Full(command)) => {
                // The thread is behind: wait for it rather than lose a step.
                let _ = self.commands.send(command);
            }
            Err(TrySendError::Disconnected(command)) => {
                if let Command::Step(_, Some(acknowledge)) = command {
                    acknowledge(Err("the history is closed".to_owned()));
                }
            }
        }
    }

    /// Keeps what a process remembers, in place of what it remembered before.
    pub fn snapshot(&self, snapshot: Snapshot) {
        let _ = self.commands.send(Command::Snapshot(snapshot));
    }

    /// Puts a bar in the place of one that was told with other values.
    pub fn revise(&self, symbol: &str, bar: Bar) {
        let _ = self.commands.send(Command::Revise(symbol.to_owned(), bar));
    }

    /// Takes bars and predictions of a symbol away that are older, but never its newest `kept` bars; the days stay.
    pub fn prune(&self, symbol: &str, before: i64, kept: usize) {
        let _ = self.commands.send(Command::Prune { symbol: symbol.to_owned(), before, kept });
    }

    /// Waits until everything that was handed over before is written, or says why it is not.
    ///
    /// # Errors
    /// What the disk says.
    pub fn flush(&self) -> Result<(), String> {
        let (told, done) = sync_channel(1);
        let closed = || "the history is closed".to_owned();
        self.commands.send(Command::Flush(told)).map_err(|_| closed())?;
        done.recv().map_err(|_| closed())?
    }

    /// How the writing goes.
    pub fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Writer {
    /// Writes what is left, as far as the disk accepts it.
    fn drop(&mut self) {
        let _ = self.commands.send(Command::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Worker {
    connection: Connection,
    health: Arc<Mutex<Health>>,
    /// Steps that the disk did not accept yet, oldest first.
    waiting: VecDeque<Box<Step>>,
    /// When it was last asked to.
    tried: Instant,
}

impl Worker {
    fn run(mut self, commands: &Receiver<Command>) {
        loop {
            let command = if self.waiting.is_empty() {
                commands.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                commands.recv_timeout(RETRY)
            };
            let mut next = match command {
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => {
                    self.write_waiting();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            // Also while steps keep coming.
            if !self.waiting.is_empty() && self.tried.elapsed() >= RETRY {
                self.write_waiting();
            }
            // Steps that have come meanwhile share a transaction.
            let mut steps = Vec::new();
            while let Some(Command::Step(step, acknowledge)) = next {
                steps.push((step, acknowledge));
                next = if steps.len() < BATCH { commands.try_recv().ok() } else { None };
            }
            self.write(steps);
            match next {
                Some(Command::Snapshot(snapshot)) => self.keep(&snapshot),
                Some(Command::Revise(symbol, bar)) => self.revise(&symbol, &bar),
                Some(Command::Prune { symbol, before, kept }) => self.prune(&symbol, before, kept),
                Some(Command::Pages(pages)) => self.limit(pages),
                Some(Command::Flush(told)) => {
                    self.write_waiting();
                    let _ = told.send(self.health().error.clone().map_or(Ok(()), Err));
                }
                Some(Command::End) => {
                    self.write_waiting();
                    return;
                }
                Some(Command::Step(..)) | None => {}
            }
        }
    }

    fn health(&self) -> std::sync::MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&mut self, steps: Vec<(Box<Step>, Option<Acknowledge>)>) {
        if steps.is_empty() {
            return;
        }
        let written = if self.waiting.is_empty() {
            self.commit(steps.iter().map(|(step, _)| step.as_ref()))
        } else {
            Err(self.health().error.clone().unwrap_or_else(|| "earlier steps wait".to_owned()))
        };
        for (step, acknowledge) in steps {
            if written.is_err() {
                self.waiting.push_back(step);
            }
            if let Some(acknowledge) = acknowledge {
                acknowledge(written.clone());
            }
        }
        while self.waiting.len() > KEPT {
            self.waiting.pop_front();
            self.health().lost += 1;
        }
        self.health().waiting = self.waiting.len();
    }

    /// Tries again what the disk refused.
    fn write_waiting(&mut self) {
        while !self.waiting.is_empty() {
            let batch: Vec<Box<Step>> = self.waiting.drain(..BATCH.min(self.waiting.len())).collect();
            if self.commit(batch.iter().map(AsRef::as_ref)).is_err() {
                for step in batch.into_iter().rev() {
                    self.waiting.push_front(step);
                }
                break;
            }
        }
        self.health().waiting = self.waiting.len();
    }

    fn commit<'s>(&mut self, steps: impl Iterator<Item = &'s Step>) -> Result<(), String> {
        self.tried = Instant::now();
        let outcome = transaction(&mut self.connection, steps);
        let mut health = self.health();
        match outcome {
            Ok(added) => {
                health.error = None;
                health.predictions += added.predictions;
                health.resolved += added.resolved;
                Ok(())
            }
            Err(error) => {
                let words = error.to_string();
                health.error = Some(words.clone());
                Err(words)
            }
        }
    }

    fn keep(&mut self, snapshot: &Snapshot) {
        // A snapshot must not be ahead of the steps it rests on.
        if !self.waiting.is_empty() {
            return;
        }
        let Snapshot { symbol, content_hash, at, state } = snapshot;
        let kept = self.connection.execute(
            "INSERT OR REPLACE INTO snapshots (symbol, content_hash, open_time, state) VALUES (?1, ?2, ?3, ?4)",
            params![symbol, content_hash, at.millis(), state],
        );
        if let Err(error) = kept {
            self.health().error = Some(error.to_string());
        }
    }

    fn revise(&mut self, symbol: &str, bar: &Bar) {
        // Steps that wait have it as it was first told.
        for step in &mut self.waiting {
            if step.symbol == symbol && step.bar.open_time == bar.open_time {
                step.bar = *bar;
            }
        }
        if let Err(error) = insert_bar(&self.connection, "INSERT OR REPLACE", symbol, bar) {
            self.health().error = Some(error.to_string());
        }
    }

    fn limit(&mut self, pages: i64) {
        let limited = self.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()));
        if let Err(error) = limited {
            self.health().error = Some(error.to_string());
        }
    }

    fn prune(&mut self, symbol: &str, before: i64, kept: usize) {
        // What a later process begins with stays.
        let newest = "SELECT min(open_time) FROM (SELECT open_time FROM bars WHERE symbol = ?1 ORDER BY open_time DESC LIMIT ?2)";
        let oldest_kept = self
            .connection
            .query_row(newest, params![symbol, kept as i64], |row| row.get::<_, Option<i64>>(0))
            .map(|oldest| oldest.unwrap_or(before).min(before));
        let pruned = oldest_kept.and_then(|oldest| {
            self.connection.execute(
                "DELETE FROM predictions WHERE symbol = ?1 AND open_time < ?2",
                params![symbol, before],
            )?;
            self.connection
                .execute("DELETE FROM bars WHERE symbol = ?1 AND open_time < ?2", params![symbol, oldest])
        });
        if let Err(error) = pruned {
            self.health().error = Some(error.to_string());
        }
    }
}
