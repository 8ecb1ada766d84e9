//! Decisions that rest on a prediction.
//!
//! Comes in: predictions, one for each bar. Goes out: an answer also where no member gave one, which says so ([`Ladder`]); which
//! members are not worth asking for a while ([`Breaker`]); a [`Signal`] with a size; what trading on it would have earned
//! ([`PaperAccount`]). Sees no label and no model.

mod breaker;
mod ladder;
mod paper;
mod signal;
mod sizing;

pub use breaker::Breaker;
pub use ladder::{Fallback, Ladder, LastGood};
pub use paper::{Fill, PaperAccount, PaperRules};
pub use signal::{Held, Signal, SignalKind, SignalMaker, SignalRules};
pub use sizing::{SizingRules, position_size};
