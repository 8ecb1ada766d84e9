//! The weights of a model: a PyTorch checkpoint, a safetensors file, or a function of each tensor's name.

mod archive;
mod hashed;
mod hyper_parameters;
pub(crate) mod names;
mod pickle;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use archive::Archive;
#[cfg(test)]
pub(crate) use hashed::values as hashed_values;
use hyper_parameters::HyperParameters;
use safetensors::tensor::{Dtype, Metadata};

use crate::config::TirexConfig;
use crate::error::TirexError;

/// The entry of a safetensors header with a model's sizes: JSON of the form that checkpoints have them in.
pub(crate) const SIZES: &str = "hyper_parameters";
/// Longest header of a safetensors file.
const LARGEST_HEADER: u64 = 16 << 20;

/// The small model that comes with the crate.
pub(crate) const SMALL: &[u8] = include_bytes!("../../model/small.safetensors");

/// A tensor in a file: row-major, little-endian `f32`.
#[derive(Debug, Clone)]
struct Stored {
    start: u64,
    shape: Vec<usize>,
}

/// Where weights come from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// A checkpoint of PyTorch, or a safetensors file that says the model's sizes in its header.
    File(PathBuf),
    /// The bytes of such a file, and its name.
    Bytes(String, Arc<[u8]>),
    /// Those of the small model.
    Small,
    /// No longer known: the model can't be trained on.
    Forgotten,
    /// A function of each tensor's name and index: a model of any size without a file.
    Hashed(TirexConfig),
}

/// Weights that are read tensor by tensor, so that never two copies of all of them are in memory.
#[derive(Debug)]
pub(crate) struct Weights {
    config: TirexConfig,
    source: Source,
    /// What stands in the place of the source's own.
    changed: BTreeMap<String, Changed>,
}

/// Shape and values.
pub(crate) type Changed = (Vec<usize>, Vec<f32>);

#[derive(Debug)]
enum Source {
    File {
        file: Box<dyn Bytes>,
        tensors: HashMap<String, Stored>,
    },
    /// Made up from the names, for tests and races.
    Hashed,
}

/// What can be read anywhere.
trait Bytes: Read + Seek + std::fmt::Debug {}

impl<T: Read + Seek + std::fmt::Debug> Bytes for T {}

impl Weights {
    /// Reads sizes and places of the tensors.
    pub(crate) fn open(origin: &Origin) -> Result<Self, TirexError> {
        match origin {
            Origin::File(path) => Self::of_file(path),
            Origin::Bytes(name, bytes) => Self::of_bytes(name, Box::new(Cursor::new(Arc::clone(bytes)))),
            Origin::Small => Self::of_bytes("the small model", Box::new(Cursor::new(SMALL))),
            Origin::Forgotten => Err(TirexError::Config {
                field: "weights",
                reason: "are no longer at hand; open the model again".to_owned(),
            }),
            Origin::Hashed(config) => {
                config.validate()?;
                Ok(Self { config: config.clone(), source: Source::Hashed, changed: BTreeMap::new() })
            }
        }
    }

    /// The same with other values of some tensors.
    pub(crate) fn with(self, changed: BTreeMap<String, Changed>) -> Self {
        Self { changed, ..self }
    }

    fn of_file(path: &Path) -> Result<Self, TirexError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|cause| TirexError::File { file: name.clone(), cause })?;
        Self::of_bytes(&name, Box::new(file))
    }

    fn of_bytes(name: &str, mut file: Box<dyn Bytes>) -> Result<Self, TirexError> {
        let unreadable = |cause| TirexError::File { file: name.to_owned(), cause };
        let wrong = |reason: String| TirexError::Format { file: name.to_owned(), reason };
        let mut magic = [0; 4];
        let is_archive = match file.read_exact(&mut magic) {
            Ok(()) => magic == *b"PK\x03\x04",
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(wrong("it has fewer than four bytes".to_owned()));
            }
            Err(cause) => return Err(unreadable(cause)),
        };
        let (config, tensors) = if is_archive {
            let archive = Archive::open(&mut file).map_err(wrong)?;
            (archive.config, archive.tensors)
        } else {
            safetensors_header(&mut *file).map_err(wrong)?
        };
        config.validate()?;
        Ok(Self { config, source: Source::File { file, tensors }, changed: BTreeMap::new() })
    }

    pub(crate) fn config(&self) -> &TirexConfig {
        &self.config
    }

    /// The values of a tensor, which is then used up.
    pub(crate) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, TirexError> {
        let wrong = |reason: String| TirexError::Tensor { name: name.to_owned(), reason };
        let own = self.take_own(name, shape)?;
        let Some((changed, values)) = self.changed.remove(name) else { return Ok(own) };
        if changed != shape {
            return Err(wrong(format!("is changed to shape {changed:?}, the model's is {shape:?}")));
        }
        Ok(values)
    }

    fn take_own(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, TirexError> {
        let wrong = |reason: String| TirexError::Tensor { name: name.to_owned(), reason };
        let (file, tensors) = match &mut self.source {
            Source::Hashed => return Ok(hashed::values(&self.config, name, shape)),
            Source::File { file, tensors } => (file, tensors),
        };
        let stored = tensors.remove(name).ok_or_else(|| wrong("is missing".to_owned()))?;
        if stored.shape != shape {
            return Err(wrong(format!("has shape {:?}, the model's sizes ask for {shape:?}", stored.shape)));
        }
        let mut bytes = vec![0; shape.iter().product::<usize>() * 4];
        let read = file.seek(SeekFrom::Start(stored.start)).and_then(|_| file.read_exact(&mut bytes));
        read.map_err(|error| wrong(format!("can't be read: {error}")))?;
        let (words, _) = bytes.as_chunks::<4>();
        let values: Vec<f32> = words.iter().copied().map(f32::from_le_bytes).collect();
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(at) => Err(wrong(format!("holds {} at place {at}", values[at]))),
        }
    }

    /// Refuses what no part of the model took.
    pub(crate) fn finish(self) -> Result<(), TirexError> {
        let tensors = match self.source {
            Source::File { tensors, .. } => tensors,
            Source::Hashed => HashMap::new(),
        };
        match tensors.into_keys().chain(self.changed.into_keys()).min() {
            None => Ok(()),
            Some(name) => Err(TirexError::Tensor { name, reason: "is not part of the model".to_owned() }),
        }
    }
}

/// Sizes and places, from the header of a safetensors file.
fn safetensors_header(file: &mut dyn Bytes) -> Result<(TirexConfig, HashMap<String, Stored>), String> {
    let length = file.seek(SeekFrom::End(0)).map_err(|error| error.to_string())?;
    file.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    let mut size = [0; 8];
    file.read_exact(&mut size).map_err(|_| "it is neither an archive nor a safetensors file".to_owned())?;
    let size = u64::from_le_bytes(size);
    if size > LARGEST_HEADER || size.checked_add(8).is_none_or(|end| end > length) {
        return Err("it is neither an archive nor a safetensors file".to_owned());
    }
    let mut bytes = vec![0; size as usize];
    file.read_exact(&mut bytes).map_err(|error| error.to_string())?;
    let header: Metadata = serde_json::from_slice(&bytes).map_err(|error| format!("its header: {error}"))?;
    let sizes = header.metadata().as_ref().and_then(|entries| entries.get(SIZES));
    let sizes = sizes.ok_or_else(|| format!("its header has no entry `{SIZES}` with the model's sizes"))?;
    let sizes: HyperParameters =
        serde_json::from_str(sizes).map_err(|error| format!("its sizes: {error}"))?;
    let config = sizes.config()?;
    let mut tensors = HashMap::new();
    let sorted: BTreeMap<_, _> = header.tensors().into_iter().collect();
    for (name, info) in sorted {
        if info.dtype != Dtype::F32 {
            return Err(format!("tensor `{name}` is {:?}, not f32", info.dtype));
        }
        let (first, end) = (info.data_offsets.0 as u64, info.data_offsets.1 as u64);
        let numbers = info.shape.iter().try_fold(4_u64, |bytes, size| bytes.checked_mul(*size as u64));
        let fits = end.checked_add(8 + size).is_some_and(|end| end <= length);
        if !fits || numbers.is_none() || end.checked_sub(first) != numbers {
            return Err(format!("tensor `{name}` does not lie where its shape needs it"));
        }
        let start = 8 + size + first;
        let name = name.strip_prefix(names::PREFIX).unwrap_or(&name).to_owned();
        tensors.insert(name, Stored { start, shape: info.shape.clone() });
    }
    Ok((config, tensors))
}
