//! What every model is measured against.
//!
//! Comes in: bars, their features and labels, and which rows a fold learns from and is tested on
//! ([`BaselineView`]). Goes out: class probabilities of the test rows ([`Baseline::predict`]). Some baselines
//! know labels that were resolved by then, which models never do, so they live here and not among the models.
//!
//! None looks at a bar behind the one it answers for or at a label that is not resolved by then, and what it
//! learns it learns from the training rows, detectors from the bars before the test rows. Nothing here is tuned:
//! every setting is fixed and written down (decision 010).

mod baseline;
mod contingency;
mod detected_states;
mod error;
mod freeze_price;
mod knn;
mod logistic;
mod majority;
mod markov;
mod moving_average;
mod persistence;
mod tree;
mod view;

pub use baseline::{Baseline, Outcome};
pub use error::BaselineError;
pub use view::{BaselineView, FeatureRows};
