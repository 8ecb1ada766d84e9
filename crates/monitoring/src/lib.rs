//! Is a model's world still the one that it was trained in?
//!
//! Comes in: rows of features in order of time, what was predicted, what came. Goes out: a [`Reference`] that a bundle carries,
//! and live the distance from it ([`DriftWatch`]: PSI and KS of every column against what windows of the training period
//! themselves showed), the record of resolved predictions ([`Record`]), a rise of the error rate ([`PageHinkley`]), a model that
//! says one class only ([`RunWatch`]), and alerts that are told once and recover ([`AlertBook`]). Knows no bar, no model and no
//! clock.

mod alerts;
mod drift;
mod histogram;
mod page_hinkley;
mod record;
mod reference;
mod runs;

pub use alerts::{Alert, AlertBook, AlertChange, Severity};
pub use drift::{ColumnDrift, Drift, DriftWatch};
pub use histogram::{Histogram, HistogramDistance};
pub use page_hinkley::{ErrorReference, PageHinkley};
pub use record::{Record, Standing};
pub use reference::{ColumnReference, DriftReference, PredictionReference, Reference};
pub use runs::{RunWatch, top};
