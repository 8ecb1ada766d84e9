//! Histogram random forest for classification.
//!
//! In: a [`Table`] of finite numbers, the rows to learn from and a class for each ([`TrainingRows`]), a
//! [`ForestConfig`] and a seed. Out: a [`RandomForest`] that turns a row into class probabilities, tells
//! how much each column contributed and how well it does on rows its trees did not see, and is saved as
//! safetensors.
//!
//! Columns are cut once into at most 255 bins by quantiles; trees are grown on bins and keep raw
//! thresholds, so prediction needs no bins. The same seed gives the same bytes on any number of threads.
//!
//! It does not handle missing values, weights given by the caller, categories or regression, and knows
//! nothing of time: whether a row may be learnt from is decided by whoever passes the rows.

mod bins;
mod bootstrap;
mod class_counts;
mod config;
mod error;
mod forest;
mod loading;
mod node;
mod out_of_bag;
mod split;
mod table;
mod tree;
mod weights;

pub use config::{ForestConfig, MaxFeatures};
pub use error::{FitError, LoadError, TableError};
pub use forest::RandomForest;
pub use out_of_bag::OutOfBag;
pub use table::{Table, TrainingRows};
