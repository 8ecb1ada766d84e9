//! A pipeline on disk: one manifest and exactly the files it lists.

mod error;
mod load;
mod manifest;
mod save;

pub use error::BundleError;
pub use load::Bundle;
pub(crate) use manifest::{BLANK_HASH, text_hash};
pub use manifest::{BundleFacts, FileEntry, GitState, MANIFEST_FILE, Manifest, MemberEntry};
