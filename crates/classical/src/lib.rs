//! Models of libraries for small data, for comparison and for cross-checks.
//!
//! Comes in: rows of finite numbers with a class for each ([`trees::TrainingRows`]). Goes out: a model that turns rows
//! into class probabilities. linfa's logistic regression and smartcore's nearest neighbours keep what they learnt as
//! plain numbers; linfa's decision tree and smartcore's random forest are taken over into [`trees::RandomForest`] after
//! the fit, so that they are saved, answered and explained like our own. Each fit gives the same model every time.
//!
//! All of them look at a limited number of evenly spaced training rows: they are much slower than our own forest and
//! boosting (how much is said with each), and have no use on large data. Knows no bars and no labels.

mod error;
mod linfa_tree;
mod logistic;
mod neighbours;
mod scaler;
mod smartcore_forest;
mod taken_over;
mod thinned;

pub use error::ClassicalError;
pub use linfa_tree::{LinfaTreeConfig, fit_linfa_tree};
pub use logistic::{LogisticConfig, LogisticRegression};
pub use neighbours::{NearestNeighbours, NeighboursConfig};
pub use scaler::StandardScaler;
pub use smartcore_forest::{SmartcoreForestConfig, fit_smartcore_forest};
