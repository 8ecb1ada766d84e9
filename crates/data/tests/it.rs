//! Files as they come, good and bad.

#[path = "it/errors.rs"]
mod errors;
#[path = "it/files.rs"]
mod files;
#[path = "it/layouts.rs"]
mod layouts;
#[path = "it/policies.rs"]
mod policies;
#[path = "it/real_files.rs"]
mod real_files;
