//! What a forecaster made of windows, kept so that no window is gone through twice: by the folds of a run, which share most of
//! theirs, and by later runs.
//!
//! A window's vector is found by the hash of its content, whatever bars, fold or run it came from: nothing of a label or of
//! another row can be in it. Files appear whole and carry their own hash; one that is damaged is left alone, and its windows
//! are gone through again.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use durable::{sha256_hex, write_file};

use crate::error::PredictError;

/// What a file begins with.
const MAGIC: &[u8; 8] = b"VECTORS1";
/// Characters of a hash at the end of a file.
const HASH_LENGTH: usize = 64;
/// Windows between two looks at whether to go on.
const PIECE: usize = 256;

/// The first half of the SHA-256 of a window's values.
pub type WindowKey = [u8; 16];

/// Makes the vectors of windows at some places.
pub type MakeVectors<'a> = &'a mut dyn FnMut(&[usize]) -> Result<Vec<f32>, PredictError>;

/// Vectors of one kind, in memory and on disk.
#[derive(Debug)]
pub struct KeptVectors {
    directory: PathBuf,
    width: usize,
    known: HashMap<WindowKey, Vec<f32>>,
}

/// The vectors of `n` windows, with what a store knows of them where there is one; none when `go_on`, which hears how many
/// are done, ended it.
///
/// # Errors
/// Those of `make`.
pub fn vectors_of(
    kept: Option<&mut KeptVectors>,
    n: usize,
    key: &dyn Fn(usize) -> WindowKey,
    make: MakeVectors<'_>,
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Result<Option<Vec<f32>>, PredictError> {
    let places: Vec<usize> = (0..n).collect();
    if let Some(kept) = kept {
        let keys: Vec<WindowKey> = places.into_iter().map(key).collect();
        return kept.of(&keys, make, go_on);
    }
    let mut all = Vec::new();
    for places in places.chunks(PIECE) {
        if !go_on(places[0]) {
            return Ok(None);
        }
        all.extend(make(places)?);
    }
    Ok(Some(all))
}

/// Stores that are open in this process, by their directory.
static OPEN: Mutex<Vec<(PathBuf, Weak<Mutex<KeptVectors>>)>> = Mutex::new(Vec::new());

impl KeptVectors {
    /// Those kept below `root`, in memory once for everybody in this process who holds them. `recipe` says all that decides
    /// a vector beside its window; each has `width` numbers.
    pub fn shared(root: &Path, recipe: &str, width: usize) -> Arc<Mutex<Self>> {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(_, kept)| kept.strong_count() > 0);
        let directory = directory_of(root, recipe);
        let found = open.iter().find(|(path, _)| *path == directory).and_then(|(_, kept)| kept.upgrade());
        found.unwrap_or_else(|| {
            let kept = Arc::new(Mutex::new(Self::open(directory.clone(), width)));
            open.push((directory, Arc::downgrade(&kept)));
            kept
        })
    }

    /// Those kept in a directory.
    fn open(directory: PathBuf, width: usize) -> Self {
        let mut kept = Self { directory, width, known: HashMap::new() };
        let Ok(files) = fs::read_dir(&kept.directory) else { return kept };
        for file in files.flatten().filter(|file| !file.file_name().to_string_lossy().starts_with('.')) {
            if let Ok(bytes) = fs::read(file.path()) {
                kept.read(&bytes);
            }
        }
        kept
    }

    /// Takes the vectors of a file over; of a damaged one, none.
    fn read(&mut self, bytes: &[u8]) -> Option<()> {
        let (content, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH_LENGTH)?)?;
        let records = content.strip_prefix(MAGIC)?;
        let length = size_of::<WindowKey>() + 4 * self.width;
        if !records.len().is_multiple_of(length) || sha256_hex(content).as_bytes() != hash {
            return None;
        }
        for record in records.chunks_exact(length) {
            let (key, values) = record.split_first_chunk()?;
            let (words, _) = values.as_chunks::<4>();
            self.known.insert(*key, words.iter().copied().map(f32::from_le_bytes).collect());
        }
        Some(())
    }

    /// The vectors of windows, `[windows, width]`; `make` makes those of some places, which are kept from now on. `go_on` hears
    /// how many are done and may end it; then there are none.
    ///
    /// # Errors
    /// Those of `make`.
    fn of(
        &mut self,
        keys: &[WindowKey],
        make: MakeVectors<'_>,
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Option<Vec<f32>>, PredictError> {
        let missing: Vec<usize> =
            (0..keys.len()).filter(|place| !self.known.contains_key(&keys[*place])).collect();
        let mut records = MAGIC.to_vec();
        let mut done = keys.len() - missing.len();
        let mut goes_on = true;
        for places in missing.chunks(PIECE) {
            goes_on = go_on(done);
            if !goes_on {
                break;
            }
            for (place, vector) in places.iter().zip(make(places)?.chunks(self.width)) {
                records.extend_from_slice(&keys[*place]);
                records.extend(vector.iter().copied().flat_map(f32::to_le_bytes));
                self.known.insert(keys[*place], vector.to_vec());
            }
            done += places.len();
        }
        if records.len() > MAGIC.len() {
            self.keep(records);
        }
        Ok(goes_on.then(|| keys.iter().flat_map(|key| &self.known[key]).copied().collect()))
    }

    /// Writes a file of records, named by its hash. What can't be written is not kept: it costs time, nothing else.
    fn keep(&self, mut records: Vec<u8>) {
        let hash = sha256_hex(&records);
        records.extend_from_slice(hash.as_bytes());
        let _ = write_file(&self.directory.join(format!("{}.vectors", &hash[..16])), &records);
    }
}

fn directory_of(root: &Path, recipe: &str) -> PathBuf {
    root.join(&sha256_hex(recipe.as_bytes())[..16])
}

/// The key of a window with these values.
pub fn window_key(values: impl Iterator<Item = f32>) -> WindowKey {
    let bytes: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
    let mut key = WindowKey::default();
    let hash = sha256_hex(&bytes);
    for (byte, text) in key.iter_mut().zip(hash.as_bytes().chunks_exact(2)) {
        let digit = |character: u8| (character as char).to_digit(16).unwrap_or(0) as u8;
        *byte = digit(text[0]) << 4 | digit(text[1]);
    }
    key
}
