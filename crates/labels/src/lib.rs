//! What the models learn to forecast.
//!
//! Comes in: bars (and, for labels of the user's own, two columns of the file). Goes out: for every bar
//! that has one, a class and the interval of *future* bars that decides it. The interval drives the purge
//! between training and test, and when an outcome counts as known. A label uses bars up to its own only to
//! set its scale, and never a model's forecast. Nothing that predicts may depend on this crate.

mod definition;
mod forward_direction;
mod hidden_states;
mod label;
mod provided;
mod spec;
mod volatility;

pub use definition::{Definition, LabelError, Labeller};
pub use label::{Label, LabelSeries};
pub use provided::ProvidedColumns;
pub use spec::{LabelKind, LabelSpec};
