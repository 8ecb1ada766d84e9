//! Writing a bundle.

use durable::{StagedDirectory, sha256_hex};

use super::error::BundleError;
use super::load::Bundle;
use super::manifest::{
    BLANK_HASH, BundleFacts, FORMAT_VERSION, FileEntry, MANIFEST_FILE, Manifest, MemberEntry, text_hash,
};
use crate::pipeline::Pipeline;

impl Bundle {
    /// Writes a pipeline into a staged directory, below `prefix` (empty for its root). The manifest is
    /// written last; nothing is visible before the directory is published.
    ///
    /// # Errors
    /// When a file can't be written.
    ///
    /// # Panics
    /// Never: a manifest is JSON.
    pub fn write(
        pipeline: &Pipeline,
        facts: BundleFacts,
        directory: &StagedDirectory,
        prefix: &str,
    ) -> Result<Manifest, BundleError> {
        let mut files = Vec::new();
        let mut members = Vec::new();
        for member in pipeline.members() {
            for (file, bytes) in member.model.files()? {
                let path = format!("{}/{file}", member.name);
                directory.write(&format!("{prefix}{path}"), &bytes)?;
                files.push(FileEntry { path, size: bytes.len() as u64, sha256: sha256_hex(&bytes) });
            }
            members.push(MemberEntry {
                name: member.name.clone(),
                weight: member.weight,
                model: member.model.describe(),
            });
        }
        let mut manifest = Manifest {
            format_version: FORMAT_VERSION,
            manifest_hash: BLANK_HASH.to_owned(),
            content_hash: String::new(),
            facts,
            core: pipeline.core().clone(),
            schema: pipeline.schema().clone(),
            members,
            files,
        };
        manifest.content_hash = manifest.compute_content_hash();
        let blank = serde_json::to_string_pretty(&manifest).expect("a manifest is JSON");
        manifest.manifest_hash = text_hash(&blank, BLANK_HASH);
        let text = serde_json::to_string_pretty(&manifest).expect("a manifest is JSON");
        directory.write(&format!("{prefix}{MANIFEST_FILE}"), text.as_bytes())?;
        Ok(manifest)
    }
}
