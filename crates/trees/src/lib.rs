//! Histogram random forest and gradient boosting for classification, and what moved their answers.
//!
//! In: a [`Table`] of numbers, the rows to learn from and a class for each ([`TrainingRows`]), a [`ForestConfig`] or
//! [`BoostingConfig`] and a seed. Out: a [`RandomForest`] or a [`GradientBoosting`] that turns a row into class
//! probabilities, tells how much each column contributed, to all answers or to one (exact `TreeSHAP`), and is saved as
//! safetensors.
//!
//! Columns are cut once into at most 255 bins by quantiles, and one more for missing values; trees are grown on bins
//! and a fitted model keeps the edges that its splits use, so that a row is binned once and
//! every walk compares small whole numbers. The same seed gives the same bytes on any number of threads.
//!
//! It does not handle categories or regression, and knows nothing of time: whether a row may be learnt from is
//! decided by whoever passes the rows.

mod bins;
mod boosting;
mod class_weights;
mod edges;
mod ensemble;
mod error;
mod file;
mod forest;
mod given;
mod kind;
mod node;
mod parting;
mod shap;
mod table;

pub use boosting::config::BoostingConfig;
pub use boosting::{BoostingHistory, GradientBoosting};
pub use class_weights::ClassWeights;
pub use error::{FitError, GivenError, LoadError, TableError};
#[doc(hidden)]
pub use file::with_fresh_hash;
pub use forest::RandomForest;
pub use forest::config::{ForestConfig, MaxFeatures, Splitter};
pub use forest::out_of_bag::{OutOfBag, OutOfBagAnswers};
pub use given::{GivenKind, GivenNode};
pub use shap::{AdditivityError, ShapValues, TreeShap};
pub use table::{Table, TrainingRows};
