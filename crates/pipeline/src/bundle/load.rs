//! Reading a bundle: every byte is checked before any of it is used.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use durable::sha256_hex;
use models::{FittedModel, ForecasterWeights};

use super::error::BundleError;
use super::manifest::{FORMAT_VERSION, MANIFEST_FILE, Manifest, text_hash};
use crate::pipeline::{Member, Pipeline};
use crate::registry::resolve;

/// Larger files than this are not model files.
const MAXIMUM_FILE_BYTES: u64 = 4 << 30;

/// No forecaster looks back over more bars.
const MAXIMUM_CONTEXT: usize = 1 << 16;

/// A loaded bundle.
#[derive(Debug)]
pub struct Bundle {
    /// Where it was read from.
    pub path: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// What it does.
    pub pipeline: Arc<Pipeline>,
}

impl Bundle {
    /// Loads the bundle that `path` means: see [`resolve`].
    ///
    /// # Errors
    /// [`BundleError`] when there is none, its format is unknown, any byte differs from the manifest, or
    /// its features are computed differently by this program.
    pub fn load(path: &Path) -> Result<Self, BundleError> {
        Self::load_with(path, &ForecasterWeights::from_environment())
    }

    /// The same with files of weights that a forecaster may need.
    ///
    /// # Errors
    /// As [`Bundle::load`].
    pub fn load_with(path: &Path, weights: &ForecasterWeights) -> Result<Self, BundleError> {
        let path = resolve(path)?;
        let manifest = read_manifest(&path.join(MANIFEST_FILE))?;
        let files = read_files(&path, &manifest)?;
        let content_hash = manifest.compute_content_hash();
        if content_hash != manifest.content_hash {
            let what = format!("its content hash is {content_hash}, not {}", manifest.content_hash);
            return Err(BundleError::Damaged { path: path.join(MANIFEST_FILE), what });
        }
        let mut members = Vec::with_capacity(manifest.members.len());
        for entry in &manifest.members {
            let file = |name: &str| files.get(&format!("{}/{name}", entry.name)).map(Vec::as_slice);
            let model = FittedModel::load(&entry.model, file, weights)
                .map_err(|source| BundleError::Member { path: path.clone(), source })?;
            members.push(Member { name: entry.name.clone(), weight: entry.weight, model: Arc::new(model) });
        }
        let refused = |source| BundleError::Pipeline { path: path.clone(), source };
        let set = features::FeatureSet::resolve(&manifest.core.features, manifest.core.timeframe)
            .map_err(|source| refused(crate::pipeline::PipelineError::Features(source)))?;
        let core = &manifest.core;
        let spec = core.forecast.as_ref().map(|forecast| forecast.check(MAXIMUM_CONTEXT));
        spec.transpose().map_err(|reason| refused(crate::pipeline::PipelineError::Forecast(reason)))?;
        core.schema(&set)
            .expect(&manifest.schema)
            .map_err(|source| BundleError::Schema { path: path.clone(), source })?;
        let forecaster = core.forecast.as_ref().map(|forecast| weights.find(&forecast.weights_sha256));
        let forecaster =
            forecaster.transpose().map_err(|source| BundleError::Member { path: path.clone(), source })?;
        let pipeline = Pipeline::new(core.clone(), members, forecaster.map(Arc::new)).map_err(refused)?;
        Ok(Self { path, manifest, pipeline: Arc::new(pipeline) })
    }
}

impl Manifest {
    /// Reads the manifest of the bundle in a directory, and none of its files.
    ///
    /// # Errors
    /// [`BundleError`] when it is not there, damaged or of another format.
    pub fn read(directory: &Path) -> Result<Self, BundleError> {
        read_manifest(&directory.join(MANIFEST_FILE))
    }
}

fn read_manifest(path: &Path) -> Result<Manifest, BundleError> {
    let unreadable = |reason: String| BundleError::Manifest { path: path.to_owned(), reason };
    let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let found = value.get("format_version").and_then(serde_json::Value::as_u64).unwrap_or(0);
    if found != u64::from(FORMAT_VERSION) {
        return Err(BundleError::Format { path: path.to_owned(), found, known: FORMAT_VERSION });
    }
    let stated =
        value.get("manifest_hash").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    if stated.len() != 64 || text_hash(&text, &stated) != stated {
        let what = "its text does not match its own hash".to_owned();
        return Err(BundleError::Damaged { path: path.to_owned(), what });
    }
    serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))
}

fn read_files(root: &Path, manifest: &Manifest) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    let mut files = BTreeMap::new();
    for entry in &manifest.files {
        let relative = Path::new(&entry.path);
        if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(BundleError::Path(entry.path.clone()));
        }
        let path = root.join(relative);
        let damaged = |what: String| BundleError::Damaged { path: path.clone(), what };
        let metadata = fs::symlink_metadata(&path).map_err(|error| damaged(error.to_string()))?;
        let links =
            relative.ancestors().skip(1).any(|part| root.join(part).is_symlink() && part != Path::new(""));
        if !metadata.is_file() || links || entry.size > MAXIMUM_FILE_BYTES {
            return Err(BundleError::Path(entry.path.clone()));
        }
        if metadata.len() != entry.size {
            return Err(damaged(format!(
                "it has {} bytes, the manifest says {}",
                metadata.len(),
                entry.size
            )));
        }
        let bytes = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
        if sha256_hex(&bytes) != entry.sha256 {
            return Err(damaged("its SHA-256 is not the manifest's".to_owned()));
        }
        files.insert(entry.path.clone(), bytes);
    }
    Ok(files)
}
