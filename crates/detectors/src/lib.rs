//! Regime detectors that need no labels and only ever look back.
//!
//! Comes in: bars. Goes out: for each bar the state as it could be known at that bar's close. A detector
//! is fitted on a stretch of the past and then filters; nothing here smooths with later bars. Used as
//! labels, as baselines and live.

mod gaussian;
mod hmm;
mod hmm_fit;
mod inputs;

pub use hmm::{FilteredStates, GaussianHmm, HmmConfig, HmmError, HmmFilter};
pub use inputs::{INPUT_WARM_UP, Observation, RegimeInputs};
