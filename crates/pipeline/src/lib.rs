//! Bars to predictions, in one code path for validation, replay and live.
//!
//! Comes in: bars, whole or one by one. Goes out: a [`market::Prediction`] for each bar that has enough
//! past. The [`Bundle`] is the pipeline on disk: one manifest and the files it lists. Neither can see a
//! label: what a bundle needs to know of labels (classes, horizon) is data, and the label's own definition
//! travels as an attachment that nothing here reads.

mod answer;
mod bundle;
mod forecast_columns;
mod pipeline;
mod registry;
mod stream;

pub use answer::{Answer, Combination};
pub use bundle::{
    Bundle, BundleError, BundleFacts, FileEntry, GitState, MANIFEST_FILE, Manifest, MemberEntry,
};
pub use forecast_columns::{ForecastColumns, ForecastSpec, forecast_interval};
pub use pipeline::{ComputeError, Core, Member, Pipeline, PipelineError};
pub use registry::{
    Alias, AliasMove, Aliases, LockedName, ROLLBACK, Registry, RegistryError, Version, resolve,
};
pub use stream::{PipelineStream, ResumeError, StreamError, StreamState};
