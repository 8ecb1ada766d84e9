//! What several models say becomes one probability that means what it says, and a set of classes.
//!
//! Comes in: probabilities of classes as plain numbers, and what came later. Goes out: weights of members
//! ([`weights`], [`learn_weights`], [`RollingWeights`]), their mean and how far they disagree ([`weighted_mean`], [`disagreement`]), the correction of
//! probabilities ([`Calibration`]) and sets that hold the truth at a stated rate ([`Conformal`]). Knows no bar, no model, no
//! label and no file; whoever calls it sees to it that nothing is learnt from rows that are answered for.

mod agreement;
mod calibration;
mod conformal;
mod interval;
mod mean;
mod rolling;
mod stacking;
pub mod weights;

pub use agreement::{AGREEMENT_FACTOR, DISAGREEMENT_FACTOR, with_agreement};
pub use calibration::{Calibration, CalibrationMethod, CalibrationTrial, PriorShare};
pub use conformal::{AdaptiveThresholds, Conformal, abstention};
pub use interval::{AdaptiveInterval, ConformalInterval};
pub use mean::{disagreement, weighted_mean};
pub use rolling::RollingWeights;
pub use stacking::learn_weights;
