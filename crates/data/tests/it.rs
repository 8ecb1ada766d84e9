//! Files as they come, good and bad.

#[path = "it/archives.rs"]
mod archives;
#[path = "it/errors.rs"]
mod errors;
#[path = "it/files.rs"]
mod files;
#[path = "it/layouts.rs"]
mod layouts;
#[path = "it/loader_table.rs"]
mod loader_table;
#[path = "it/local_times.rs"]
mod local_times;
#[path = "it/many_files.rs"]
mod many_files;
#[cfg(feature = "parquet")]
#[path = "it/parquet.rs"]
mod parquet;
#[path = "it/policies.rs"]
mod policies;
#[path = "it/real_files.rs"]
mod real_files;
#[path = "it/tables.rs"]
mod tables;
