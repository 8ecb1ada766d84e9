//! The one document that says what a bundle is.

use std::collections::BTreeMap;

use features::FeatureSchema;
use models::ModelDescription;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::pipeline::Core;

/// Name of the manifest inside a bundle.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The format that this program writes and reads.
pub(crate) const FORMAT_VERSION: u32 = 1;
/// What stands in the place of the manifest's own hash while it is computed.
pub(crate) const BLANK_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The state of the source tree that trained the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitState {
    /// Commit, none outside a repository.
    pub commit: Option<String>,
    /// True when files differed from the commit.
    pub dirty: bool,
}

/// One file of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path below the bundle, with `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// One member of the ensemble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberEntry {
    /// Name; its files are in the directory of that name.
    pub name: String,
    /// Weight before normalising.
    pub weight: f64,
    /// What the files hold.
    pub model: ModelDescription,
}

/// What a trainer records beside the pipeline. Nothing here changes a prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleFacts {
    /// Name of the model.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// When it was written, RFC 3339, UTC.
    pub created_at: String,
    /// Version of the program.
    pub program_version: String,
    /// Source state.
    pub git: GitState,
    /// The run that made it.
    pub run: String,
    /// `final` for the refit on all resolved labels, `fold K` for a fold's model.
    pub fitted_on: String,
    /// Seed.
    pub seed: u64,
    /// The effective configuration.
    pub config: Value,
    /// The label's definition, read only by the label code.
    pub label: Value,
    /// Of each symbol that it learnt from, the label with what it learnt, read only by the label code: with it outcomes can be
    /// known live.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labellers: BTreeMap<String, Value>,
    /// Of each of them, what its world looked like in training, read only by the monitoring.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub references: BTreeMap<String, Value>,
    /// Where the bars came from and their fingerprint.
    pub data: Value,
    /// Out-of-sample metrics of the procedure that fitted it (not of these very weights).
    pub metrics: Value,
}

/// The manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format of the bundle.
    pub format_version: u32,
    /// SHA-256 of this document with this very value written as 64 zeros.
    pub manifest_hash: String,
    /// SHA-256 over what decides predictions: core, schema, members and the hashes of their files. Equal
    /// for two bundles that predict the same; version, time, git state and metrics do not enter.
    pub content_hash: String,
    /// What a trainer recorded.
    pub facts: BundleFacts,
    /// What predictions have in common.
    pub core: Core,
    /// The features and their hash.
    pub schema: FeatureSchema,
    /// The members.
    pub members: Vec<MemberEntry>,
    /// Every file of the bundle but this one.
    pub files: Vec<FileEntry>,
}

impl Manifest {
    /// `name/version`, as predictions carry it.
    pub fn model_version(&self) -> String {
        format!("{}/{}", self.facts.name, self.facts.version)
    }

    pub(crate) fn compute_content_hash(&self) -> String {
        let decisive = serde_json::json!({
            "format_version": self.format_version,
            "core": self.core,
            "schema": self.schema.hash(),
            "members": self.members,
            "files": self.files,
        });
        durable::sha256_hex(decisive.to_string().as_bytes())
    }
}

/// The hash of a manifest's text, its own hash blanked.
pub(crate) fn text_hash(text: &str, own_hash: &str) -> String {
    durable::sha256_hex(text.replacen(own_hash, BLANK_HASH, 1).as_bytes())
}
