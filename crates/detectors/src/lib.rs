//! Regime detectors that need no labels and only ever look back.
//!
//! Comes in: bars. Goes out: for each bar the state as it could be known at that bar's close. A detector
//! is fitted on a stretch of the past and then filters; nothing here smooths with later bars. Used as
//! labels, as baselines and live.

mod degeneracy;
mod gaussian;
mod hmm;
mod hmm_fit;
mod inputs;
mod jump;
mod jump_fit;
mod matching;
mod observations;
mod state_names;

pub use degeneracy::Degeneracy;
pub use hmm::{FilteredStates, GaussianHmm, HmmConfig, HmmError, HmmFilter, HmmFilterState};
pub use inputs::{INPUT_WARM_UP, Observation, RegimeInputs};
pub use jump::{JumpConfig, JumpError, JumpFilter, JumpFilterState, JumpModel};
pub use matching::MatchError;
