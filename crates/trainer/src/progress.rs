//! Showing how long work is going: bars on a terminal, lines elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use models::{EpochReport, FitProgress};

/// Where there is no terminal, a stage says so at most this often.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The run's progress display.
pub(crate) enum Progress {
    Quiet,
    Lines,
    Bars(MultiProgress),
}

impl Progress {
    pub(crate) fn new(quiet: bool) -> Self {
        match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Bars(MultiProgress::new()),
            (false, false) => Self::Lines,
        }
    }

    /// Says one line between stages.
    pub(crate) fn say(&self, line: &str) {
        match self {
            Self::Quiet => {}
            Self::Lines => print_line(line),
            Self::Bars(bars) => bars.println(line).unwrap_or(()),
        }
    }

    /// Starts a stage of `total` steps.
    pub(crate) fn stage(&self, name: &str, total: u64) -> Stage<'_> {
        let bar = match self {
            Self::Bars(bars) => {
                let style = "{prefix:28} {bar:30} {pos}/{len} {msg} ({elapsed}, about {eta} left)";
                let style = ProgressStyle::with_template(style).expect("the template is valid");
                let bar = ProgressBar::new(total).with_style(style).with_prefix(name.to_owned());
                Some(bars.add(bar))
            }
            Self::Quiet | Self::Lines => None,
        };
        let now = Instant::now();
        Stage { progress: self, name: name.to_owned(), total, bar, started: now, said: Mutex::new(now) }
    }
}

/// A stretch of work with a known length.
pub(crate) struct Stage<'a> {
    progress: &'a Progress,
    name: String,
    total: u64,
    bar: Option<ProgressBar>,
    started: Instant,
    said: Mutex<Instant>,
}

impl Stage<'_> {
    /// `done` steps are done.
    pub(crate) fn set(&self, done: u64, note: &str) {
        self.set_of(done, self.total, note);
    }

    fn set_of(&self, done: u64, total: u64, note: &str) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
            bar.set_message(note.to_owned());
        } else if matches!(self.progress, Progress::Lines)
            && let Ok(mut said) = self.said.try_lock()
            && said.elapsed() >= LINE_EVERY
        {
            *said = Instant::now();
            let elapsed = self.started.elapsed().as_secs_f64();
            let left = elapsed * (total.saturating_sub(done)) as f64 / (done.max(1)) as f64;
            print_line(&format!(
                "{}: {done}/{total} {note} ({elapsed:.0} s, about {left:.0} s left)",
                self.name
            ));
        }
    }

    /// The stage is over.
    pub(crate) fn finish(self, summary: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        self.progress.say(&format!("{}: {summary} ({seconds:.1} s)", self.name));
    }
}

impl FitProgress for Stage<'_> {
    fn step(&self, done: u64, total: u64, note: &str) {
        self.set_of(done, total, note);
    }

    fn epoch(&self, report: &EpochReport) {
        let validation =
            report.validation_loss.map_or(String::new(), |loss| format!(", validation loss {loss:.4}"));
        let best = if report.is_best { ", best so far" } else { "" };
        let line = format!(
            "{}: epoch {}, step {}, training loss {:.4}{validation}{best}",
            self.name, report.epoch, report.steps, report.training_loss
        );
        self.progress.say(&line);
    }
}

fn print_line(line: &str) {
    #[expect(clippy::print_stderr, reason = "progress belongs on standard error")]
    {
        eprintln!("{line}");
    }
}
