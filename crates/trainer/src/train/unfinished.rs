//! What a run keeps while it works, so that `--resume` can go on after a kill: `OUT/unfinished/NAME-KEY/` with every
//! fit that is done and the newest checkpoint of the one at hand. A run that ends well removes it.
//!
//! The key is made of everything that fits depend on (configuration, bars, program), so whatever lies there is what
//! the run would compute again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use durable::{StagedDirectory, sha256_hex};
use models::{
    EpochReport, FitNotes, FitProgress, FittedModel, ForecasterWeights, ModelDescription, StopReason,
};
use serde::{Deserialize, Serialize};

use crate::interrupt;
use crate::progress::{Progress, Stage};
use crate::train::tracked::Tracked;

const FIT_FILE: &str = "fit.json";
/// Length of a SHA-256 in hexadecimal, which begins a checkpoint's file.
const HASH_LENGTH: usize = 64;

/// How a run keeps its work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping {
    /// Go on from what an earlier run kept.
    pub(crate) resume: bool,
    /// Fits that were interrupted end with the best weights that they had.
    pub(crate) keep_best: bool,
    /// Between two checkpoints of a fit.
    pub(crate) every: Duration,
}

/// The place of a run that is at work.
pub(crate) struct Unfinished<'a> {
    directory: PathBuf,
    /// The directory above all artifacts, when this run made it.
    made: Option<PathBuf>,
    keeping: Keeping,
    progress: &'a Progress,
    /// Held as long as the run lives.
    _lock: File,
    /// Whether the directory holds this run's work, and no longer that of another one.
    is_own: AtomicBool,
    /// Whether keeping failed, which is told once and then left.
    gave_up: AtomicBool,
}

/// One fit of a run: kept when it is done, and as it is on the way.
pub(crate) struct Slot<'a> {
    run: &'a Unfinished<'a>,
    name: String,
}

/// What `fit.json` holds.
#[derive(Serialize, Deserialize)]
struct KeptFit {
    description: ModelDescription,
    notes: FitNotes,
    /// Name and SHA-256 of each file.
    files: Vec<(String, String)>,
}

/// Shows how a fit goes and keeps it on the way.
pub(crate) struct Kept<'a> {
    stage: &'a Stage<'a>,
    slot: Option<&'a Slot<'a>>,
    newest: Mutex<Instant>,
    /// Whether this fit is only to hand out its best weights.
    ends_at_once: AtomicBool,
    /// Where the fit of this name is told of.
    tracked: Option<(&'a Tracked, &'a str)>,
}

impl<'a> Unfinished<'a> {
    /// Opens the place of a run below `out`. Without `resume` what an earlier run left there is replaced as soon as
    /// there is something newer to keep.
    ///
    /// # Errors
    /// When it can't be written, or another process is at work on the same run.
    pub(crate) fn open(
        out: &Path,
        name: &str,
        key: &str,
        keeping: Keeping,
        progress: &'a Progress,
    ) -> Result<Self> {
        let directory = out.join("unfinished").join(format!("{name}-{}", &key[..12]));
        let made = (!out.exists()).then(|| out.to_owned());
        fs::create_dir_all(&directory).with_context(|| format!("can't create {}", directory.display()))?;
        let lock_path = lock_path(&directory);
        let lock =
            File::create(&lock_path).with_context(|| format!("can't write {}", lock_path.display()))?;
        if lock.try_lock().is_err() {
            bail!(
                "another process is at work on the same configuration and bars in {}; wait for it, or write elsewhere with --out",
                out.display()
            );
        }
        durable::remove_abandoned(&directory)?;
        let left = fs::read_dir(&directory).map_or(0, Iterator::count);
        let place = directory.display();
        match (keeping.resume, left) {
            (true, 0) => progress.say(&format!(
                "nothing to go on with: no run of this configuration on these bars was interrupted in {}, so it begins now",
                out.display()
            )),
            (true, _) => progress.say(&format!("going on with what is kept in {place}")),
            (false, 0) => {}
            (false, _) => progress.say(&format!(
                "an interrupted run of this configuration on these bars is kept in {place}; with --resume it would go on, now it is begun anew"
            )),
        }
        Ok(Self {
            directory,
            made,
            keeping,
            progress,
            _lock: lock,
            is_own: AtomicBool::new(keeping.resume || left == 0),
            gave_up: AtomicBool::new(false),
        })
    }

    /// The place of one fit.
    pub(crate) fn slot(&'a self, name: &str) -> Slot<'a> {
        Slot { run: self, name: name.replace([' ', ','], "-") }
    }

    /// How to go on; none when nothing is kept.
    pub(crate) fn how_to_go_on(&self) -> Option<String> {
        let kept = fs::read_dir(&self.directory).map_or(0, Iterator::count);
        (kept > 0).then(|| {
            format!(
                "what was done is kept in {}; add --resume to go on (and --keep-best to end interrupted networks with their best weights so far)",
                self.directory.display()
            )
        })
    }

    /// The run is done: nothing is needed any more.
    pub(crate) fn remove(self) {
        // Best effort: what stays behind is no harm.
        let _ = fs::remove_dir_all(&self.directory);
        let _ = fs::remove_file(lock_path(&self.directory));
        // Both only when nothing else is in them.
        for parent in self.directory.parent().into_iter().chain(self.made.as_deref()) {
            let _ = fs::remove_dir(parent);
        }
    }

    /// Keeps something, unless keeping has failed before. Training goes on without.
    fn keep(&self, write: impl FnOnce(&Path) -> Result<()>) {
        if self.gave_up.load(Ordering::Relaxed) {
            return;
        }
        let kept = if self.is_own.swap(true, Ordering::Relaxed) {
            Ok(())
        } else {
            fs::remove_dir_all(&self.directory).and_then(|()| fs::create_dir_all(&self.directory))
        };
        let kept = kept.map_err(anyhow::Error::from).and_then(|()| write(&self.directory));
        if let Err(error) = kept {
            self.gave_up.store(true, Ordering::Relaxed);
            self.progress.say(&format!("this run can't be resumed if it is stopped: {error:#}"));
        }
    }

    /// Something of an earlier run that can't be used.
    fn unusable(&self, what: &str) {
        self.progress
            .say(&format!("{what} in {} is damaged, so that fit begins anew", self.directory.display()));
    }
}

impl Slot<'_> {
    fn checkpoint_path(&self) -> PathBuf {
        self.run.directory.join(format!("{}.checkpoint", self.name))
    }

    /// The fit, when an earlier run finished it.
    pub(crate) fn finished(&self, weights: &ForecasterWeights) -> Option<(FittedModel, FitNotes)> {
        let directory = self.run.directory.join(&self.name);
        if !self.run.keeping.resume || !directory.exists() {
            return None;
        }
        let read = || {
            let fit: KeptFit = serde_json::from_slice(&fs::read(directory.join(FIT_FILE)).ok()?).ok()?;
            let mut files = Vec::new();
            for (name, hash) in &fit.files {
                let bytes = fs::read(directory.join(name)).ok()?;
                files.push((name, (sha256_hex(&bytes) == *hash).then_some(bytes)?));
            }
            let file =
                |wanted: &str| files.iter().find(|(name, _)| *name == wanted).map(|(_, bytes)| &bytes[..]);
            Some((FittedModel::load(&fit.description, file, weights).ok()?, fit.notes))
        };
        let found = read();
        if found.is_none() {
            self.run.unusable(&self.name);
            let _ = fs::remove_dir_all(&directory);
        }
        found
    }

    /// Keeps the fit that is done. One that was ended early is none: its checkpoint still leads to the whole fit.
    pub(crate) fn keep(&self, model: &FittedModel, notes: &FitNotes) {
        if notes.stopped == Some(StopReason::Cancelled) {
            return;
        }
        self.run.keep(|directory| {
            let files = model.files()?;
            let fit = KeptFit {
                description: model.describe(),
                notes: notes.clone(),
                files: files.iter().map(|(name, bytes)| ((*name).to_owned(), sha256_hex(bytes))).collect(),
            };
            let staged = StagedDirectory::create(&directory.join(&self.name))?;
            for (name, bytes) in &files {
                staged.write(name, bytes)?;
            }
            staged.write(FIT_FILE, serde_json::to_string(&fit)?.as_bytes())?;
            staged.publish()?;
            Ok(())
        });
        let _ = fs::remove_file(self.checkpoint_path());
    }

    fn keep_checkpoint(&self, bytes: &[u8]) {
        self.run.keep(|_| {
            let with_hash = [sha256_hex(bytes).as_bytes(), bytes].concat();
            Ok(durable::write_file(&self.checkpoint_path(), &with_hash)?)
        });
    }

    fn checkpoint(&self) -> Option<Vec<u8>> {
        if !self.run.keeping.resume {
            return None;
        }
        let mut bytes = fs::read(self.checkpoint_path()).ok()?;
        let whole = bytes.len() >= HASH_LENGTH && {
            let (hash, rest) = bytes.split_at(HASH_LENGTH);
            hash == sha256_hex(rest).as_bytes()
        };
        if !whole {
            self.run.unusable(&format!("the checkpoint of {}", self.name));
            return None;
        }
        bytes.drain(..HASH_LENGTH);
        Some(bytes)
    }
}

/// The lock of a run's directory, beside it. A run's name may have dots.
fn lock_path(directory: &Path) -> PathBuf {
    let mut path = directory.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}

impl<'a> Kept<'a> {
    pub(crate) fn new(
        stage: &'a Stage<'a>,
        slot: Option<&'a Slot<'a>>,
        tracked: Option<(&'a Tracked, &'a str)>,
    ) -> Self {
        let ends_at_once = AtomicBool::new(false);
        Self { stage, slot, newest: Mutex::new(Instant::now()), ends_at_once, tracked }
    }
}

impl FitProgress for Kept<'_> {
    fn step(&self, done: u64, total: u64, note: &str) {
        self.stage.step(done, total, note);
    }

    fn epoch(&self, report: &EpochReport) {
        self.stage.epoch(report);
        if let Some((tracked, name)) = self.tracked {
            tracked.epoch(name, report);
        }
    }

    fn is_cancelled(&self) -> bool {
        interrupt::requested() || self.ends_at_once.load(Ordering::Relaxed)
    }

    fn earlier_checkpoint(&self) -> Option<Vec<u8>> {
        let checkpoint = self.slot?.checkpoint()?;
        self.ends_at_once.store(self.slot?.run.keeping.keep_best, Ordering::Relaxed);
        Some(checkpoint)
    }

    fn wants_checkpoint(&self) -> bool {
        let Some(slot) = self.slot else { return false };
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.elapsed() >= slot.run.keeping.every
    }

    fn checkpoint(&self, bytes: &[u8]) {
        let Some(slot) = self.slot else { return };
        slot.keep_checkpoint(bytes);
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}
