//! What the models learn to forecast.
//!
//! Comes in: bars (and, for labels of the user's own, two columns of the file). Goes out: for every bar
//! that has one, a class and the interval of *future* bars that decides it; what the class would be if the
//! price stood still; and what the label looks like (balance, durations, the best single feature). The
//! interval drives the purge between training and test, and when an outcome counts as known. A label uses
//! bars up to its own only to set its scale, and never a model's forecast. Nothing that predicts may depend
//! on this crate.

mod balance;
mod definition;
mod error;
mod forward_direction;
mod label;
mod labeller;
mod provided;
mod resolved;
mod resolver;
mod single_feature;
mod smoothed_trend;
mod spec;
mod state_ahead;
mod state_rule;
mod trend_vol;
mod triple_barrier;
mod volatility;

pub use balance::{ClassBalance, LabelBalance};
pub use definition::Definition;
pub use error::LabelError;
pub use label::{Label, LabelSeries};
pub use labeller::Labeller;
pub use provided::ProvidedColumns;
pub use resolved::last_resolved;
pub use resolver::{Outcome, Resolver, ResolverState};
pub use single_feature::{FeatureRows, FeatureScore, SingleFeatureScores, single_feature_scores};
pub use spec::{LabelKind, LabelSpec};
