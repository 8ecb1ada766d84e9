//! Where the weights of a forecaster are found: never in a bundle, which only says their hash.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use durable::sha256_hex;
use tirex::Tirex;

use crate::error::{FitError, LoadError};

/// The environment variable that names a file of weights.
const VARIABLE: &str = "TIREX_WEIGHTS";

/// Files of weights that a bundle may ask for, beside the model that is built in.
#[derive(Debug, Clone, Default)]
pub struct ForecasterWeights {
    files: Vec<PathBuf>,
}

impl ForecasterWeights {
    /// The files that the environment variable `TIREX_WEIGHTS` names, if any: one, or several as in `PATH`.
    pub fn from_environment() -> Self {
        let named = env::var_os(VARIABLE);
        Self { files: named.iter().flat_map(env::split_paths).collect() }
    }

    /// With another file, which is looked at first.
    #[must_use]
    pub fn with(mut self, file: Option<&Path>) -> Self {
        self.files.splice(0..0, file.map(Path::to_owned));
        self
    }

    /// The forecaster whose file has this SHA-256.
    ///
    /// # Errors
    /// [`LoadError::Weights`] says where it was looked for.
    pub fn find(&self, sha256: &str) -> Result<Tirex, LoadError> {
        let refused = |reason: String| LoadError::Weights { sha256: sha256.to_owned(), reason };
        if sha256_hex(Tirex::small_file()) == sha256 {
            return Tirex::small().map_err(|error| refused(error.to_string()));
        }
        let mut tried = vec!["the built-in model is another".to_owned()];
        for path in &self.files {
            match fs::read(path) {
                Ok(bytes) if sha256_hex(&bytes) == sha256 => {
                    let model = Tirex::from_bytes(&path.display().to_string(), bytes);
                    return model.map_err(|error| refused(error.to_string()));
                }
                Ok(_) => tried.push(format!("{} is another file", path.display())),
                Err(error) => tried.push(format!("{}: {error}", path.display())),
            }
        }
        Err(refused(tried.join(", ")))
    }
}

/// The forecaster of a file, or the built-in one, with the SHA-256 of the file.
///
/// # Errors
/// When the file can't be read or holds no forecaster.
pub fn open_forecaster(weights: Option<&Path>) -> Result<(Tirex, String), FitError> {
    let Some(path) = weights else {
        return Ok((Tirex::small()?, sha256_hex(Tirex::small_file())));
    };
    let bytes = fs::read(path).map_err(|cause| FitError::Weights { path: path.to_owned(), cause })?;
    let sha256 = sha256_hex(&bytes);
    Ok((Tirex::from_bytes(&path.display().to_string(), bytes)?, sha256))
}
